import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { AppError } from '../../errors.js';
import { formatMoment } from '../../messages/format.js';
import type { Site } from '../../site.js';
import { defineTask, type TaskDatabase } from '../define.js';
import { syncMailbox } from './mailbox.js';
import type { Mailbox } from './model.js';
import { newTally } from './tally.js';

export const inboxSync = defineTask({
  name: 'inbox-sync',
  path: '/inbox/integrations/sync-all',
  schedule: '*/5 * * * *',
  product: 'lokario',
  summary: 'Synchronise every mailbox: new mail, flags, removals',
  success: (t) => t.tasks['inbox-sync'].success,
  timeoutMs: 600_000,
  needs: ['db', 'imap', 'vault'],
  input: z.object({}),
  async run(context) {
    const mailboxes = await enabledMailboxes(context.db);
    const due: Mailbox[] = [];
    for (const mailbox of mailboxes) {
      if (context.force || isDue(mailbox, context.now())) due.push(mailbox);
      else context.fail(mailbox.email, inBackOff(mailbox, context.site));
    }
    const tally = newTally();
    let done = 0;
    const show = () => context.progress({ integrations: mailboxes.length, done, ...tally });
    show();
    await context.each(
      due,
      { concurrency: context.imap.concurrency, name: (mailbox) => mailbox.email },
      async (mailbox) => {
        if (context.outOfTime()) {
          tally.remaining += 1;
          return;
        }
        await syncMailbox(mailbox, context, tally, show);
        done += 1;
        show();
      },
    );
    return { integrations: mailboxes.length, ...tally };
  },
});

/** The longest unsynced first, and those that failed last: a dead host must not keep the others waiting. */
function enabledMailboxes(db: TaskDatabase): Promise<Mailbox[]> {
  return db.rows<Mailbox>(sql`
    select id, email, host, port, tls, username, auth_type as "authType", secret_encrypted as "secretEncrypted", oauth,
      consecutive_failures as "consecutiveFailures", next_attempt_at as "nextAttemptAt", last_error as "lastError"
    from cronhook.inbox_integrations where enabled
    order by consecutive_failures > 0, last_synced_at nulls first, created_at, id
  `);
}

const isDue = (mailbox: Mailbox, now: Date): boolean =>
  mailbox.nextAttemptAt === null || new Date(mailbox.nextAttemptAt) <= now;

function inBackOff({ nextAttemptAt, consecutiveFailures, lastError }: Mailbox, site: Site): AppError {
  const at = formatMoment(new Date(nextAttemptAt ?? 0), site);
  return new AppError('unprocessable', (t) => t.imap.backOff(at, consecutiveFailures, lastError ?? '?'));
}
