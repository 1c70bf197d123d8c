import type { AddressInfo } from 'node:net';
import PostalMime, { type Email } from 'postal-mime';
import { SMTPServer, type SMTPServerDataStream } from 'smtp-server';
import { DEVELOPMENT_SMTP_PORT } from '../config.js';

export interface DevMail {
  id: number;
  receivedAt: Date;
  /** Of the envelope: who it really went to. */
  from: string;
  to: string[];
  email: Email;
}

export interface DevMailbox {
  port: number;
  /** Newest first. */
  mails(): DevMail[];
  find(id: number): DevMail | undefined;
  close(): Promise<void>;
}

const KEPT_MAILS = 200;
const LARGEST_MAIL_BYTES = 25 * 1024 * 1024;

/** An SMTP server on the loopback address that takes every mail and passes none on. They live as long as it does. */
export async function startDevMailbox({ port = DEVELOPMENT_SMTP_PORT } = {}): Promise<DevMailbox> {
  const kept: DevMail[] = [];
  let count = 0;
  const server = new SMTPServer({
    logger: false,
    banner: 'Cronhook, for development',
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    size: LARGEST_MAIL_BYTES,
    rejectOversized: true,
    closeTimeout: 1_000,
    onData(stream, { envelope: { mailFrom, rcptTo } }, next) {
      readMail(stream).then((email) => {
        count += 1;
        const from = mailFrom ? mailFrom.address : '';
        kept.unshift({
          id: count,
          receivedAt: new Date(),
          from,
          to: rcptTo.map(({ address }) => address),
          email,
        });
        kept.length = Math.min(kept.length, KEPT_MAILS);
        next();
      }, next);
    },
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  // From here on they are the clients' own: a command that was interrupted, say.
  server.on('error', () => {});
  return {
    port: (server.server.address() as AddressInfo).port,
    mails: () => [...kept],
    find: (id) => kept.find((mail) => mail.id === id),
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}

async function readMail(stream: SMTPServerDataStream): Promise<Email> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return PostalMime.parse(Buffer.concat(chunks));
}
