import type { Secret } from '../secret.js';
import { parseSender, type Sender } from './mail-address.js';
import { type MailSession, type MailTimeouts, openSession } from './mail-session.js';

export { isAddress, parseSender, type Sender } from './mail-address.js';
export type { MailAttachment } from './mail-session.js';

export interface Mail {
  /** How many connections there are at most, whoever uses them. */
  concurrency: number;
  /** How long a server may still think about a message once the run should end. */
  overtimeMs: number;
  sender: Sender;
  /** Deliveries at the same time share the connections. */
  open(): MailSession;
}

interface MailOptions {
  url: Secret;
  from: string;
  concurrency: number;
  timeouts?: Partial<Timeouts>;
}

type Timeouts = MailTimeouts & Pick<Mail, 'overtimeMs'>;

const TIMEOUTS: Timeouts = {
  connectMs: 10_000,
  greetingMs: 15_000,
  idleMs: 240_000,
  overtimeMs: 25_000,
};

export function createMail(options: MailOptions): Mail {
  const sender = parseSender(options.from);
  const timeouts = { ...TIMEOUTS, ...options.timeouts };
  let shared: { session: MailSession; users: number } | undefined;
  return {
    concurrency: options.concurrency,
    overtimeMs: timeouts.overtimeMs,
    sender,
    open() {
      const pool = shared ?? { session: openSession({ ...options, ...timeouts }, sender), users: 0 };
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
