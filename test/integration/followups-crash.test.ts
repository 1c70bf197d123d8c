import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { expect, onTestFinished, test } from 'vitest';
import { lokario, MAIL_FROM } from '../support/lokario.js';
import { spawnRun } from '../support/run-process.js';
import { startTestService } from '../support/service.js';
import { spawnSmtp } from '../support/smtp.js';

const INVOICES = 1_000;
const CONNECTIONS = 4;
const KILLS = 5;

test('a thousand follow-ups whose runs are killed again and again all arrive, repeats no more than connections', {
  timeout: 240_000,
}, async () => {
  const smtp = await spawnSmtp({ delayMs: 2 });
  onTestFinished(() => smtp.close());
  const service = await startTestService();
  const { company } = lokario(service);
  await service.db.rows(sql`
      insert into cronhook.billing_documents (company_id, kind, number, customer_name, customer_email, total_cents,
        issued_at, due_at, status)
      select ${await company()}::uuid, 'invoice', 'F-' || n, 'Client ' || n, 'client-' || n || '@example.com', 100 * n,
        current_date - 40, current_date - 5, 'sent'
      from generate_series(1, ${INVOICES}) as n
    `);
  const env = {
    DATABASE_URL: service.databaseUrl,
    SMTP_URL: smtp.url,
    MAIL_FROM,
    SMTP_CONCURRENCY: String(CONNECTIONS),
  };
  const accepted = () => smtp.mails().length;

  let kills = 0;
  while (kills < KILLS) {
    const run = spawnRun('followups', env);
    const wanted = accepted() + Math.floor(Math.random() * 120);
    const until = Date.now() + 15_000;
    while (accepted() <= wanted && run.child.exitCode === null && Date.now() < until) await sleep(3);
    if (run.child.exitCode !== null) break;
    run.child.kill('SIGKILL');
    await run.ended;
    kills += 1;
    // What waiting for a minute does.
    await service.db.rows(sql`update cronhook.task_leases set expires_at = '-infinity'`);
  }
  expect(kills).toBeGreaterThan(1);
  // Ten schedulers call at once; then whatever is left.
  const runs = Array.from({ length: 3 }, () => spawnRun('followups', env));
  await Promise.all(runs.map(({ ended }) => ended));
  const last = spawnRun('followups', env);
  const [code] = await last.ended;
  expect(code, last.output()).toBe(0);

  const mails = smtp.mails();
  const ids = mails.map(({ messageId }) => messageId);
  const recipients = new Set(mails.map(({ to }) => to[0]));
  expect(recipients.size).toBe(INVOICES);
  expect(new Set(ids).size).toBe(INVOICES);
  expect(ids.length - INVOICES).toBeLessThanOrEqual(kills * CONNECTIONS);
  const [state] = await service.db.rows<{ sent: number; advanced: number }>(sql`
      select (select count(*)::int from cronhook.outbox_messages where status = 'sent') as sent,
        (select count(*)::int from cronhook.followups where steps_sent = 1) as advanced
    `);
  expect(state).toEqual({ sent: INVOICES, advanced: INVOICES });
});
