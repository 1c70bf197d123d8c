import { setTimeout as sleep } from 'node:timers/promises';
import { type SQL, sql } from 'drizzle-orm';
import { expect, onTestFinished, test } from 'vitest';
import { MAIL_FROM } from '../support/lokario.js';
import { spawnRun } from '../support/run-process.js';
import { startTestService } from '../support/service.js';
import { spawnSmtp } from '../support/smtp.js';

const COMPANIES = 500;
const CONNECTIONS = 4;
const KILLS = 4;

const ended = sql`(select count(*)::int from cronhook.companies where status = 'expired')`;
const disabled = sql`(select count(*)::int from cronhook.users where disabled_at is not null)`;
const offered = sql`(select count(*)::int from cronhook.trial_contacts where help_offered_at is not null)`;

test.each([
  ['trials-expire', sql`now() - interval '1 hour'`, { done: ended, doneToo: disabled }],
  ['trials-nudge', sql`now() + interval '9 days'`, { done: offered, doneToo: offered }],
] as [string, SQL, { done: SQL; doneToo: SQL }][])(
  '%s, killed again and again, writes to each company once and leaves no step without its mail',
  { timeout: 240_000 },
  async (task, endsAt, { done, doneToo }) => {
    const smtp = await spawnSmtp({ delayMs: 2 });
    onTestFinished(() => smtp.close());
    const { db, databaseUrl } = await startTestService();
    await db.rows(sql`
      with company as (
        insert into cronhook.companies (name, status, trial_ends_at, created_at)
        select 'Société ' || n, 'trial', ${endsAt}, now() - interval '20 days' from generate_series(1, ${COMPANIES}) as n
        returning id, name
      )
      insert into cronhook.users (company_id, email, name, role)
      select id, 'client-' || split_part(name, ' ', 2) || '@example.com', 'Claire', 'owner' from company
    `);
    const env = {
      DATABASE_URL: databaseUrl,
      SMTP_URL: smtp.url,
      MAIL_FROM,
      SMTP_CONCURRENCY: String(CONNECTIONS),
    };
    const counts = async () =>
      (
        await db.rows<{ done: number; doneToo: number; written: number }>(sql`
          select ${done} as done, ${doneToo} as "doneToo",
            (select count(*)::int from cronhook.outbox_messages) as written`)
      )[0];
    const accepted = () => smtp.mails().length;

    let kills = 0;
    while (kills < KILLS) {
      const run = spawnRun(task, env);
      const wanted = accepted() + Math.floor(Math.random() * 80);
      // The first is killed between two batches, the others while mails go out.
      const farEnough = async () =>
        kills === 0 ? ((await counts())?.written ?? 0) > 0 : accepted() > wanted;
      const until = Date.now() + 15_000;
      while (run.child.exitCode === null && Date.now() < until && !(await farEnough())) await sleep(3);
      if (run.child.exitCode !== null) break;
      run.child.kill('SIGKILL');
      await run.ended;
      kills += 1;
      const state = await counts();
      expect(state?.doneToo).toBe(state?.done);
      expect(state?.written).toBe(state?.done);
      // What waiting for a minute does.
      await db.rows(sql`update cronhook.task_leases set expires_at = '-infinity'`);
    }
    expect(kills).toBeGreaterThan(1);
    const last = spawnRun(task, env);
    const [code] = await last.ended;
    expect(code, last.output()).toBe(0);

    expect(await counts()).toEqual({ done: COMPANIES, doneToo: COMPANIES, written: COMPANIES });
    const mails = smtp.mails();
    expect(new Set(mails.map(({ to }) => to[0])).size).toBe(COMPANIES);
    expect(new Set(mails.map(({ messageId }) => messageId)).size).toBe(COMPANIES);
    expect(mails.length - COMPANIES).toBeLessThanOrEqual(kills * CONNECTIONS);
  },
);
