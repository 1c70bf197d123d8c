import type { Mail, MailAttachment } from '../clients/mail.js';
import type { Sms } from '../clients/sms.js';
import type { Channel } from '../db/schema/messages.js';
import { Gate } from './gate.js';
import { type Envelope, FINGERPRINT, MARKETING, SENDER_NAME } from './queue.js';

/** A message whose content can be read. */
export interface OpenMessage extends Envelope {
  headers: Record<string, string>;
  attachments: MailAttachment[];
  messageId: string;
}

/** How the messages of one channel go out. */
export interface Lane {
  channel: Channel;
  /** How errors name the channel. */
  name: string;
  /** Lets so many deliveries through of which nobody has written down yet how they went. */
  gate: Gate;
  /** Messages in hand; more than pass the gate keeps connections busy while results are written down. */
  workers: number;
  /** How long the other side may still take once the run should end. */
  overtimeMs: number;
  /** @param before is awaited before the other side may have the message */
  send(message: OpenMessage, signal: AbortSignal, before: () => Promise<void>): Promise<void>;
  close(): void;
}

const gates = new WeakMap<Mail | Sms, Gate>();

/** One for all deliveries of this process: they share the connections. */
function gateOf(client: Mail | Sms): Gate {
  const gate = gates.get(client) ?? new Gate(client.concurrency);
  gates.set(client, gate);
  return gate;
}

/** Nobody should answer a machine, and no machine should answer at all (RFC 3834). */
const AUTOMATIC = { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' };

export function mailLane(mail: Mail): Lane {
  const session = mail.open();
  return {
    channel: 'email',
    name: 'SMTP',
    gate: gateOf(mail),
    workers: mail.concurrency * 2,
    overtimeMs: mail.overtimeMs,
    send({ recipient, subject, text, html, headers, attachments, messageId }, signal, before) {
      const { [SENDER_NAME]: fromName, [MARKETING]: _, [FINGERPRINT]: __, ...own } = headers;
      const message = {
        messageId,
        fromName,
        to: recipient,
        subject,
        text,
        html: html ?? undefined,
        attachments,
      };
      return session.send({ ...message, headers: { ...own, ...AUTOMATIC } }, signal, before);
    },
    close: () => session.close(),
  };
}

/** As long as a request may take. */
const SMS_OVERTIME_MS = 20_000;

export function smsLane(sms: Sms): Lane {
  return {
    channel: 'sms',
    name: 'SMS',
    gate: gateOf(sms),
    workers: sms.concurrency,
    overtimeMs: SMS_OVERTIME_MS,
    async send({ recipient, text }, signal, before) {
      await before();
      await sms.send({ to: recipient, text }, signal);
    },
    close: () => {},
  };
}
