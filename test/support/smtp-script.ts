import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';

/** Where a command comes in: the server's own counts, this connection and this mail included. */
export interface Moment {
  /** 1 for the first connection, 2 for the second. */
  connection: number;
  /** Connections that were there when this one came, itself included. */
  open: number;
  /** Mails begun on this connection. */
  mails: number;
}

export interface SmtpScript {
  /** Replies come together, as with most servers; without it one by one. */
  pipelining?: boolean;
  /**
   * The reply to a command (`CONNECT`, `EHLO …`, `MAIL FROM:<…>`, `.`); nothing: the usual one. A 421 also hangs up,
   * `drop` does without a word, and after `last 250 …` too.
   */
  reply?: ((command: string, moment: Moment) => string | undefined) | undefined;
}

/** An SMTP server of a few lines, for those that smtp-server is too well-behaved to play. */
export async function startScriptedSmtp(script: SmtpScript = {}) {
  const mails: { connection: number; to: string; messageId: string }[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;

  const server = createServer((socket) => {
    const moment = { connection: ++connections, open: sockets.size + 1, mails: 0 };
    const heard = { to: '', content: [] as string[], inData: false };
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
    const say = (command: string, usual: string): boolean => {
      const reply = script.reply?.(command, moment) ?? usual;
      const hangsUp = /^(?:421|last|drop)/.test(reply);
      if (reply !== 'drop') socket.write(`${reply.replace(/^last /, '')}\r\n`);
      if (hangsUp) socket.end();
      return /^(?:last )?[23]/.test(reply);
    };
    const answer = (line: string): void => {
      if (socket.writableEnded) return;
      if (heard.inData) {
        if (line !== '.') return void heard.content.push(line);
        heard.inData = false;
        const messageId = heard.content.find((header) => /^message-id:/i.test(header))?.slice(12) ?? '';
        if (say('.', '250 2.0.0 accepted'))
          mails.push({ connection: moment.connection, to: heard.to, messageId });
        return;
      }
      if (/^MAIL/i.test(line)) moment.mails += 1;
      const extensions = script.pipelining === false ? '250 test' : '250-test\r\n250 PIPELINING';
      const usual = {
        EHLO: extensions,
        DATA: heard.to ? '354 go on' : '503 5.5.1 no recipient',
        QUIT: '221 bye',
      };
      const verb = line.slice(0, 4).toUpperCase();
      const isGood = say(line, usual[verb as keyof typeof usual] ?? '250 2.0.0 ok');
      if (verb === 'MAIL' || verb === 'RSET') heard.to = '';
      if (verb === 'RCPT' && isGood) heard.to = /<(.*?)>/.exec(line)?.[1] ?? '';
      if (verb === 'DATA' && isGood) Object.assign(heard, { inData: true, content: [] });
    };
    say('CONNECT', '220 test ESMTP');
    createInterface({ input: socket }).on('line', answer);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return {
    url: `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    mails,
    script,
    /** Connections so far, the refused ones included. */
    get connections() {
      return connections;
    },
  };
}
