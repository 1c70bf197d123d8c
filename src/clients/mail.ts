import { Readable } from 'node:stream';
import { createTransport } from 'nodemailer';
import addressparser from 'nodemailer/lib/addressparser';
import type { Secret } from '../secret.js';
import { DeliveryProblem } from './delivery-problem.js';
import { mailProblem } from './mail-problem.js';

export interface Sender {
  name: string | undefined;
  address: string;
}

export interface MailMessage {
  messageId: string;
  /** How the sender is called; the address is always the service's own. */
  fromName: string | undefined;
  to: string;
  subject: string;
  text: string;
  html: string | undefined;
  headers: Record<string, string>;
  attachments: MailAttachment[];
}

export interface MailAttachment {
  filename: string;
  contentType: string;
  /** Base64. */
  content: string;
}

/** Connections to the server, for one delivery. */
export interface MailSession {
  /**
   * @param before is awaited when the server wants the message, before any of it goes out
   * @throws {DeliveryProblem} saying whose fault it is
   */
  send(message: MailMessage, signal: AbortSignal, before: () => Promise<void>): Promise<void>;
  close(): void;
}

export interface Mail {
  /** How many connections there are at most, whoever uses them. */
  concurrency: number;
  sender: Sender;
  /** Deliveries at the same time share the connections. */
  open(): MailSession;
}

interface MailOptions {
  url: Secret;
  from: string;
  concurrency: number;
  timeouts?: Partial<MailTimeouts>;
}

interface MailTimeouts {
  connectMs: number;
  greetingMs: number;
  /** Silence after which a connection counts as dead; servers may think long about a message. */
  idleMs: number;
}

const TIMEOUTS: MailTimeouts = { connectMs: 10_000, greetingMs: 15_000, idleMs: 240_000 };

/** Servers count messages by connection, and many stop at a hundred. */
const MESSAGES_PER_CONNECTION = 100;

export function createMail(options: MailOptions): Mail {
  const sender = parseSender(options.from);
  let shared: { session: MailSession; users: number } | undefined;
  return {
    concurrency: options.concurrency,
    sender,
    open() {
      const pool = shared ?? { session: openPool(options, sender), users: 0 };
      shared = pool;
      pool.users += 1;
      return {
        send: pool.session.send,
        close() {
          pool.users -= 1;
          if (pool.users > 0) return;
          shared = undefined;
          pool.session.close();
        },
      };
    },
  };
}

/** `Cronhook <cronhook@example.com>`, or the address alone. */
export function parseSender(from: string): Sender {
  const [found] = addressparser(from, { flatten: true });
  return { name: found?.name || undefined, address: found?.address ?? from };
}

function openPool(options: MailOptions, sender: Sender): MailSession {
  const timeouts = { ...TIMEOUTS, ...options.timeouts };
  const server = new URL(options.url.reveal());
  const transport = createTransport({
    url: options.url.reveal(),
    pool: true,
    maxConnections: options.concurrency,
    maxMessages: MESSAGES_PER_CONNECTION,
    // A message whose connection broke off may have arrived: whether it goes again is decided elsewhere.
    maxRequeues: 0,
    connectionTimeout: timeouts.connectMs,
    greetingTimeout: timeouts.greetingMs,
    dnsTimeout: timeouts.connectMs,
    socketTimeout: timeouts.idleMs,
    disableFileAccess: true,
    disableUrlAccess: true,
    ...transportSecurity(server),
  });
  // Errors of connections reach the message they carried.
  transport.on('error', () => {});
  const gates = new Map<unknown, () => Promise<void>>();
  transport.use('stream', (mail, done) => {
    const gate = gates.get(mail.data.messageId);
    if (gate) mail.message.processFunc((input) => passing(input, gate));
    done();
  });
  return {
    async send(message, signal, before) {
      signal.throwIfAborted();
      if (!isAddress(message.to)) throw new DeliveryProblem('permanent', (t) => t.delivery.invalidAddress);
      let passed = false;
      gates.set(message.messageId, async () => {
        await before();
        passed = true;
      });
      try {
        await transport.sendMail({
          messageId: message.messageId,
          from: { name: message.fromName ?? sender.name ?? '', address: sender.address },
          to: { name: '', address: message.to },
          envelope: { from: sender.address, to: message.to },
          subject: message.subject,
          text: message.text,
          ...(message.html !== undefined && { html: message.html }),
          headers: message.headers,
          attachments: message.attachments.map((attachment) => ({ ...attachment, encoding: 'base64' })),
          signal,
        });
      } catch (error) {
        signal.throwIfAborted();
        throw mailProblem(error, { host: server.hostname, user: server.username, passed });
      } finally {
        gates.delete(message.messageId);
      }
    },
    close: () => transport.close({ force: true }),
  };
}

/** One address, and nothing that could be read as a second one or as a header. */
export function isAddress(value: string): boolean {
  return value.length <= 320 && /^[^\s@<>,;:"()[\]\\\p{Cc}]+@[^\s@<>,;:"()[\]\\\p{Cc}]+$/u.test(value);
}

/** Holds a message back, once the server wants it, until the gate opens; its end follows in the same breath. */
function passing(input: Readable, gate: () => Promise<void>): Readable {
  let begun = false;
  const begin = () => {
    input.on('data', (chunk) => {
      if (!output.push(chunk)) input.pause();
    });
    input.once('end', () => output.push(null));
    input.once('error', (error) => output.destroy(error));
  };
  const output = new Readable({
    read() {
      if (begun) return void input.resume();
      begun = true;
      gate().then(begin, (error) => output.destroy(error));
    },
    destroy(error, done) {
      input.destroy();
      done(error);
    },
  });
  return output;
}

/** A password leaves this machine encrypted or not at all, unless the URL itself says otherwise. */
function transportSecurity(server: URL) {
  const isLocal = ['localhost', '127.0.0.1', '[::1]'].includes(server.hostname);
  // Nothing leaves the machine, and nobody has a certificate for it.
  if (isLocal) return { tls: { rejectUnauthorized: false } };
  const chosen = ['ignoreTLS', 'requireTLS', 'opportunisticTLS'].some((name) =>
    server.searchParams.has(name),
  );
  return server.password && server.protocol === 'smtp:' && !chosen ? { requireTLS: true } : {};
}
