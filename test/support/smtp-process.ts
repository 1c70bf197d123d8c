import { openSync, writeSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { SMTPServer } from 'smtp-server';
import { AcceptedMail } from './smtp-mail.js';
import type { LoggedMail } from './smtp-spawn.js';

/** The process that spawnSmtp starts: says its port, then writes a line for each mail. */
const { port, delayMs, file } = JSON.parse(process.argv[2] ?? '{}') as {
  port: number;
  delayMs: number;
  file: string;
};
const log = openSync(file, 'a');
const numbers = new Map<string, number>();

const server = new SMTPServer({
  logger: false,
  disabledCommands: ['AUTH', 'STARTTLS'],
  disableReverseLookup: true,
  onConnect(session, next) {
    numbers.set(session.id, numbers.size + 1);
    next();
  },
  onData(stream, session, next) {
    const chunks: Buffer[] = [];
    stream.on('error', () => {});
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', async () => {
      const { messageId, subject, to, connection } = new AcceptedMail(Buffer.concat(chunks), {
        connection: numbers.get(session.id) ?? 0,
        from: '',
        to: session.envelope.rcptTo.map(({ address }) => address),
        acceptedAt: new Date(),
      });
      const line: LoggedMail = { messageId, to, subject, connection };
      writeSync(log, `${JSON.stringify(line)}\n`);
      if (delayMs) await sleep(delayMs);
      next();
    });
  },
});
// Clients that are killed are what this server is for.
server.on('error', () => {});
server.listen(port, '127.0.0.1', () => {
  process.stdout.write(`${(server.server.address() as AddressInfo).port}\n`);
});
// Ends with whoever started it.
process.stdin.resume().once('end', () => process.exit());
