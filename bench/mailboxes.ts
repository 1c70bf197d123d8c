import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DOVECOT_PACKAGE, type Dovecot, dovecotAvailable, startDovecot } from '../test/support/dovecot.js';
import type { BenchOptions } from './bench.js';
import type { BenchService } from './service.js';

export const PASSWORD = 'bench-password';

export const missingDovecot = (): string | undefined => (dovecotAvailable() ? undefined : DOVECOT_PACKAGE);

export async function startMailServer({ atEnd }: BenchOptions, extraConfig = ''): Promise<Dovecot> {
  const dovecot = await startDovecot({ extraConfig });
  atEnd(() => dovecot.close());
  return dovecot;
}

/** Fills new mailboxes; returns their names. */
export function fillMailboxes(
  dovecot: Dovecot,
  prefix: string,
  count: number,
  mails: () => Iterable<Buffer>,
): string[] {
  const users = Array.from({ length: count }, (_, index) => `${prefix}${index}`);
  for (const user of users) {
    dovecot.addUser(user, PASSWORD);
    dovecot.deliver(user, 'INBOX', mails());
  }
  return users;
}

export async function addMailboxes(service: BenchService, dovecot: Dovecot, users: string[]): Promise<void> {
  for (const user of users) {
    await service.call('POST', '/inbox/integrations', {
      email: `${user}@bench.example`,
      host: dovecot.host,
      port: dovecot.port,
      tls: 'none',
      username: user,
      password: PASSWORD,
    });
  }
}

/** @throws when anything failed, or another number of mails was added */
export async function sync(service: BenchService, expectedMails: number): Promise<void> {
  const answer = await service.call('POST', '/inbox/integrations/sync-all?wait=3600');
  const { messagesAdded } = answer.stats as { messagesAdded?: number };
  if (answer.status !== 'succeeded' || messagesAdded !== expectedMails)
    throw new Error(`expected ${expectedMails} new mails: ${JSON.stringify(answer)}`);
}

/** Forgets what Dovecot has noted about its mails, so that each first fetch finds it equally unprepared. */
export function forgetIndexes(dovecot: Dovecot, users: string[]): void {
  for (const user of users) {
    const maildir = join(dovecot.dir, 'mail', user, 'Maildir');
    for (const entry of readdirSync(maildir, { recursive: true }) as string[]) {
      if (/(^|\/)dovecot\.(list\.)?index/.test(entry)) rmSync(join(maildir, entry), { force: true });
    }
  }
}
