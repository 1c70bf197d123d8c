import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { expect, onTestFinished, test } from 'vitest';
import { DOVECOT_PACKAGE, dovecotAvailable, startDovecot } from '../support/dovecot.js';
import { mail, PASSWORD, startInboxService } from '../support/imap-inbox.js';
import { spawnRun } from '../support/run-process.js';

const missing = dovecotAvailable() ? '' : ` (skipped: install the package ${DOVECOT_PACKAGE})`;
const MAILS = 3_000;
const KILLS = 4;

test.skipIf(missing)(
  `a mailbox whose first sync is killed again and again has each mail once, in its thread${missing}`,
  { timeout: 240_000 },
  async () => {
    const dovecot = await startDovecot({ users: { anna: PASSWORD } });
    onTestFinished(() => dovecot.close());
    // Threads of five, the root in the middle of the mails of its answers.
    const thread = (n: number) => n % (MAILS / 5);
    dovecot.deliver(
      'anna',
      'INBOX',
      Array.from({ length: MAILS }, (_, n) =>
        mail({
          id: `<${n}@crash>`,
          subject: `${thread(n)}`,
          ...(n >= MAILS / 5 && { inReplyTo: `<${n - MAILS / 5}@crash>` }),
        }),
      ),
    );
    const service = await startInboxService();
    await service.add({ port: dovecot.port });
    const stored = async () => {
      const [row] = await service.db.rows<{ count: string }>(
        sql`select count(*) from cronhook.inbox_messages`,
      );
      return Number(row?.count);
    };

    let kills = 0;
    while (kills < KILLS) {
      const before = await stored();
      const run = spawnRun('inbox-sync', { DATABASE_URL: service.databaseUrl });
      // At any instant: at the login, at the first batch, or some batches later.
      const wanted = before + Math.floor(Math.random() * 500);
      const started = Date.now();
      while ((await stored()) <= wanted && run.child.exitCode === null && Date.now() - started < 15_000)
        await sleep(5);
      await sleep(Math.random() * 60);
      if (run.child.exitCode !== null) break;
      run.child.kill('SIGKILL');
      await run.ended;
      kills += 1;
      await service.db.rows(sql`update cronhook.task_leases set expires_at = '-infinity'`);
    }
    expect(kills).toBeGreaterThan(1);
    const last = spawnRun('inbox-sync', { DATABASE_URL: service.databaseUrl });
    const [code] = await last.ended;
    expect(code, last.output()).toBe(0);

    const mails = await service.mails();
    expect(mails).toHaveLength(MAILS);
    expect(new Set(mails.map(({ message_id }) => message_id)).size).toBe(MAILS);
    expect(mails.every(({ deleted_at, text_body }) => deleted_at === null && text_body)).toBe(true);
    const threads = new Set(mails.map(({ subject, thread_id }) => `${subject} ${thread_id}`));
    expect(threads.size).toBe(MAILS / 5);
    expect(new Set(mails.map(({ thread_id }) => thread_id)).size).toBe(MAILS / 5);
    expect((await service.sync()).stats).toMatchObject({
      messagesAdded: 0,
      messagesDeleted: 0,
      flagsUpdated: 0,
    });
  },
);
