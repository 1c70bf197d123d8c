import { Readable } from 'node:stream';
import MailComposer from 'nodemailer/lib/mail-composer';
import SMTPTransport from 'nodemailer/lib/smtp-transport';
import type { Secret } from '../secret.js';
import { DeliveryProblem, NoTimeLeft } from './delivery-problem.js';
import { isAddress, type Sender } from './mail-address.js';
import { type MailJob, MailPool } from './mail-pool.js';
import { mailProblem } from './mail-problem.js';

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
  /** How the HTML names it: `cid:revenue`. It is part of the mail then, no file beside it. */
  cid?: string | undefined;
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

export interface MailTimeouts {
  connectMs: number;
  greetingMs: number;
  /** Silence after which a connection counts as dead; servers may think long about a message. */
  idleMs: number;
}

interface SessionOptions extends MailTimeouts {
  url: Secret;
  concurrency: number;
}

/** Composes messages, sends them over shared connections, and says what became of them. */
export function openSession(options: SessionOptions, sender: Sender): MailSession {
  const server = new URL(options.url.reveal());
  const pool = new MailPool(connectionOptions(options, server), options.concurrency);
  return {
    async send(message, signal, before) {
      if (!isAddress(message.to)) throw new DeliveryProblem('permanent', (t) => t.delivery.invalidAddress);
      const mail = compose(message, sender);
      let passed = false;
      let obstacle: unknown;
      const gate = async () => {
        job.wanted = true;
        pool.works();
        await before().catch((error: unknown) => {
          obstacle = error;
          throw error;
        });
        passed = true;
      };
      const { from, to } = mail.getEnvelope();
      const content = await mail.build();
      const job: MailJob = {
        envelope: { from: from || sender.address, to: to[0] ?? message.to },
        content: () => heldBack(content, gate),
        wanted: false,
      };
      try {
        await pool.send(job, signal);
      } catch (error) {
        if (obstacle) throw obstacle;
        const { reason } = signal;
        if (signal.aborted && !(reason instanceof NoTimeLeft)) throw reason;
        const circumstances = { host: server.hostname, user: server.username, passed };
        throw mailProblem(signal.aborted ? reason : error, circumstances);
      }
    },
    close: () => pool.close(),
  };
}

function connectionOptions({ url, connectMs, greetingMs, idleMs }: SessionOptions, server: URL) {
  // It reads the URL, with all that may stand behind its question mark.
  const { options } = new SMTPTransport({
    url: url.reveal(),
    connectionTimeout: connectMs,
    greetingTimeout: greetingMs,
    dnsTimeout: connectMs,
    socketTimeout: idleMs,
    ...transportSecurity(server),
  });
  return options;
}

function compose(message: MailMessage, sender: Sender) {
  return new MailComposer({
    messageId: message.messageId,
    from: { name: message.fromName ?? sender.name ?? '', address: sender.address },
    to: { name: '', address: message.to },
    envelope: { from: sender.address, to: message.to },
    subject: message.subject,
    text: message.text,
    ...(message.html !== undefined && { html: message.html }),
    headers: message.headers,
    attachments: message.attachments.map((attachment) => ({ ...attachment, encoding: 'base64' })),
    disableFileAccess: true,
    disableUrlAccess: true,
  }).compile();
}

/** A message that stays here, once the server wants it, until the gate opens; then all of it goes in one breath. */
function heldBack(content: Buffer, gate: () => Promise<void>): Readable {
  return new Readable({
    read() {
      const go = () => {
        this.push(content);
        this.push(null);
      };
      gate().then(go, (error) => this.destroy(error));
    },
  });
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
