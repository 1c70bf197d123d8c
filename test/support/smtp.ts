import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { SMTPServer, type SMTPServerOptions, type SMTPServerSession } from 'smtp-server';
import { onTestFinished } from 'vitest';
import { AcceptedMail } from './smtp-mail.js';

export type { AcceptedMail } from './smtp-mail.js';
export { spawnSmtp } from './smtp-spawn.js';

/** What the client gets, to the letter: `{ code: 550, message: '5.1.1 no such user' }`. A 421 also hangs up. */
export interface Reply {
  code: number;
  message: string;
}

/** Nothing: all is well. `drop`: the connection ends without a reply. */
type Verdict = Reply | 'drop' | undefined;
type Awaitable<T> = T | Promise<T>;

/** Each may be set and changed while the server runs, and holds from the next command on. */
export interface SmtpFaults {
  /** Before the reply to the end of DATA: the mail is recorded already. */
  delayMs?: number | undefined;
  greetingDelayMs?: number | undefined;
  onMailFrom?: ((address: string) => Awaitable<Verdict>) | undefined;
  onRcpt?: ((address: string) => Awaitable<Verdict>) | undefined;
  /** At the end of DATA, before the mail counts as accepted. */
  onData?: ((mail: AcceptedMail) => Awaitable<Verdict | 'drop-after-accept'>) | undefined;
  /** After the mail was recorded, before the 250. */
  onAccepted?: ((mail: AcceptedMail) => Awaitable<void>) | undefined;
  /** Without it AUTH is not offered. */
  auth?: { user: string; pass: string } | undefined;
  /** Offers STARTTLS, with a certificate that nobody trusts. */
  starttls?: boolean | undefined;
  /** More of them are refused with 421. */
  maxConnections?: number | undefined;
}

export interface SmtpServer extends SmtpFaults {
  readonly port: number;
  /** `smtp://127.0.0.1:port`, with user and password when the server was started with some. */
  readonly url: string;
  readonly mails: AcceptedMail[];
  /** Connections so far, the refused ones included. */
  readonly connections: number;
  /** Connections that are there now. */
  readonly open: number;
  /** Logins so far, the refused ones included. */
  readonly logins: number;
  /** Nobody listens any more, and all connections are cut. */
  down(): Promise<void>;
  /** Listens again, on the same port. */
  up(): Promise<void>;
  /** Cuts all connections and goes on listening. */
  dropAll(): void;
  /** Forgets the mails and the counts. */
  reset(): void;
}

/** An SMTP server on this machine that breaks what it is told to. Gone when the test ends. */
export async function startSmtp(options: SmtpFaults & { port?: number } = {}): Promise<SmtpServer> {
  const { port: wantedPort = 0, ...faults } = options;
  const mails: AcceptedMail[] = [];
  /** By the client's port, which is all that a session knows of its socket. */
  const sockets = new Map<number, { socket: Socket; number: number }>();
  let connections = 0;
  let logins = 0;
  let port = wantedPort;
  let listener: SMTPServer | undefined;

  const numberOf = (session: SMTPServerSession) => sockets.get(session.remotePort)?.number ?? 0;
  const drop = (session: SMTPServerSession) => sockets.get(session.remotePort)?.socket.destroy();
  const answer = (session: SMTPServerSession, verdict: Verdict, next: (error?: Error | null) => void) => {
    if (verdict === 'drop') drop(session);
    else next(verdict && failure(verdict));
  };

  const handlers: SMTPServerOptions = {
    onConnect: guarded(async (session, next) => {
      const disabled = [...(server.auth ? [] : ['AUTH']), ...(server.starttls ? [] : ['STARTTLS'])];
      session.disabledCommands = disabled;
      if (server.greetingDelayMs) await sleep(server.greetingDelayMs, undefined, { ref: false });
      if (sockets.size > (server.maxConnections ?? Number.POSITIVE_INFINITY))
        next(failure({ code: 421, message: '4.7.0 too many connections' }));
      else next();
    }),
    onAuth({ username, password }, _session, next) {
      logins += 1;
      if (username === server.auth?.user && password === server.auth?.pass) next(null, { user: username });
      else next(failure({ code: 535, message: '5.7.8 authentication failed' }));
    },
    onMailFrom: (address, session, next) =>
      guarded(async () => answer(session, await server.onMailFrom?.(address.address), next))(session, next),
    onRcptTo: (address, session, next) =>
      guarded(async () => answer(session, await server.onRcpt?.(address.address), next))(session, next),
    onData: (stream, session, next) =>
      guarded(async () => {
        const chunks: Buffer[] = [];
        for await (const chunk of stream) chunks.push(chunk);
        const { mailFrom, rcptTo } = session.envelope;
        const mail = new AcceptedMail(Buffer.concat(chunks), {
          connection: numberOf(session),
          from: mailFrom ? mailFrom.address : '',
          to: rcptTo.map(({ address }) => address),
          acceptedAt: new Date(),
        });
        const verdict = await server.onData?.(mail);
        if (verdict && verdict !== 'drop-after-accept') return answer(session, verdict, next);
        mails.push(mail);
        if (verdict) return drop(session);
        await server.onAccepted?.(mail);
        if (server.delayMs) await sleep(server.delayMs, undefined, { ref: false });
        next();
      })(session, next),
  };

  const server: SmtpServer = {
    ...faults,
    get port() {
      return port;
    },
    get url() {
      const { user, pass } = faults.auth ?? {};
      const login = user ? `${encodeURIComponent(user)}:${encodeURIComponent(pass ?? '')}@` : '';
      return `smtp://${login}127.0.0.1:${port}`;
    },
    mails,
    get connections() {
      return connections;
    },
    get open() {
      return sockets.size;
    },
    get logins() {
      return logins;
    },
    async down() {
      const ending = listener;
      listener = undefined;
      server.dropAll();
      if (ending) await new Promise<void>((resolve) => ending.close(resolve));
    },
    async up() {
      if (listener) return;
      listener = new SMTPServer({ ...OPTIONS, ...handlers });
      listener.on('error', () => {});
      listener.server.prependListener('connection', (socket: Socket) => {
        connections += 1;
        const key = socket.remotePort ?? 0;
        sockets.set(key, { socket, number: connections });
        socket.once('close', () => sockets.delete(key));
      });
      const listening = once(listener.server, 'listening');
      listener.listen(port, '127.0.0.1');
      await listening;
      port = (listener.server.address() as AddressInfo).port;
    },
    dropAll() {
      for (const { socket } of sockets.values()) socket.destroy();
      sockets.clear();
    },
    reset() {
      mails.length = 0;
      connections = 0;
      logins = 0;
    },
  };
  await server.up();
  onTestFinished(() => server.down());
  return server;
}

/** Replies are given as they are, so the library adds no status codes of its own. */
const OPTIONS: SMTPServerOptions = {
  logger: false,
  hideENHANCEDSTATUSCODES: true,
  disableReverseLookup: true,
  allowInsecureAuth: true,
  authMethods: ['PLAIN', 'LOGIN'],
  closeTimeout: 1_000,
};

const failure = ({ code, message }: Reply): Error =>
  Object.assign(new Error(message), { responseCode: code });

/** A test's own function that throws becomes a reply that names it; a client that has left is no matter. */
function guarded(
  work: (session: SMTPServerSession, next: (error?: Error | null) => void) => Promise<unknown>,
) {
  return (session: SMTPServerSession, next: (error?: Error | null) => void): void => {
    work(session, next).catch((error: Error) => {
      next(failure({ code: 451, message: `4.3.0 ${error.message.replace(/\s+/g, ' ')}` }));
    });
  };
}
