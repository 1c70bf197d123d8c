import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { startLokario } from '../support/lokario.js';
import { read, startTestService, type TestService } from '../support/service.js';

/** The night in which the clocks go forward. */
const NOW = new Date('2026-03-29T01:00:00.000Z');
const DAY_MS = 86_400_000;

async function startCleanup(options: Parameters<typeof startTestService>[0] = {}) {
  return withCleanup(await startTestService({ now: () => NOW, ...options }));
}

function withCleanup(service: TestService) {
  const clean = (query = '') => read(service.call(`/maintenance/cleanup-temporary-data?wait=300${query}`));
  const count = async (table: string) => {
    const [row] = await service.db.rows<{ count: number }>(
      sql`select count(*)::int as count from ${sql.raw(`cronhook.${table}`)}`,
    );
    return row?.count;
  };
  return { ...service, clean, count };
}

const at = (days: number, ms = 0) =>
  sql`${new Date(NOW.getTime() - days * DAY_MS - ms).toISOString()}::timestamptz`;

describe('cleanup-temporary: rows', () => {
  it('deletes expired sessions, and tokens that are expired or used', async () => {
    const { db, clean } = await startCleanup();
    await db.rows(sql`
      insert into cronhook.sessions (user_id, expires_at) values
        (gen_random_uuid(), ${at(0)}), (gen_random_uuid(), ${at(400)}), (gen_random_uuid(), ${at(0, -1)})
    `);
    await db.rows(sql`
      insert into cronhook.tokens (user_id, kind, expires_at, used_at) values
        (gen_random_uuid(), 'expired', ${at(1)}, null), (gen_random_uuid(), 'used', ${at(-1)}, ${at(0, 1)}),
        (gen_random_uuid(), 'both', ${at(2)}, ${at(3)}), (gen_random_uuid(), 'valid', ${at(-1)}, null)
    `);
    expect(await clean()).toMatchObject({
      status: 'succeeded',
      message: 'Nettoyage des données temporaires terminé avec succès',
      stats: { sessions: 2, tokens: 3, files: 0, bytesFreed: 0, remaining: 0 },
    });
    expect(await db.rows(sql`select kind from cronhook.tokens`)).toEqual([{ kind: 'valid' }]);
    expect(await db.rows(sql`select expires_at > ${at(0)} as valid from cronhook.sessions`)).toEqual([
      { valid: true },
    ]);
  });

  it('deletes what was read 90 days ago, checks of 100 days, samples of 30; the day itself stays', async () => {
    const { db, clean, count } = await startCleanup();
    await db.rows(sql`
      insert into cronhook.notifications (kind, dedupe_key, title, body, read_at, created_at)
      select 'x', key, 'x', 'x', read_at, ${at(500)} from (values
        ('long read', ${at(90, 1)}), ('just read', ${at(90)}), ('never read', null)) as given (key, read_at)
    `);
    await db.rows(sql`
      insert into cronhook.monitor_checks (monitor_id, at, ok)
      select monitor, at, true from (values (${at(100, 1)}), (${at(100)})) as given (at),
        unnest(array[${randomUUID()}, ${randomUUID()}]::uuid[]) as monitor
    `);
    await db.rows(sql`
      insert into cronhook.metric_samples (source, metric, at, value)
      select 'db', 'metric ' || n, at, 1 from (values (${at(30, 1)}), (${at(30)})) as given (at), generate_series(1, 1500) n
    `);
    expect(await clean()).toMatchObject({
      status: 'succeeded',
      stats: { notifications: 1, monitorChecks: 2, metricSamples: 1_500 },
    });
    expect(await count('notifications')).toBe(2);
    expect(await count('monitor_checks')).toBe(2);
    expect(await count('metric_samples')).toBe(1_500);
  });

  it('deletes messages sent 180 days ago, and none that was not sent', async () => {
    const { db, clean } = await startCleanup();
    await db.rows(sql`
      insert into cronhook.outbox_messages (task, dedupe_key, recipient, text_body, status, sent_at, created_at)
      select 'x', status, 'a@example.fr', 'x', status, case when status = 'sent' then ${at(180, 1)} end, ${at(400)}
      from unnest(array['pending', 'sending', 'sent', 'failed', 'suppressed', 'cancelled', 'held']) as status
      union all select 'x', 'sent later', 'a@example.fr', 'x', 'sent', ${at(180)}, ${at(400)}
    `);
    expect((await clean()).stats.messages).toBe(1);
    const left = await db.rows<{ key: string }>(
      sql`select dedupe_key as key from cronhook.outbox_messages order by dedupe_key`,
    );
    expect(left.map(({ key }) => key)).toEqual([
      'cancelled',
      'failed',
      'held',
      'pending',
      'sending',
      'sent later',
      'suppressed',
    ]);
  });

  it('nobody is told again of what they have read, long after the notification is gone', async () => {
    const clock = { now: new Date('2026-03-02T08:00:00Z') };
    const service = await startLokario({ now: () => clock.now });
    const { clean, count, db } = withCleanup(service);
    const company = await service.company();
    const user = randomUUID();
    await service.insert('users', {
      id: user,
      company_id: company,
      email: 'o@example.fr',
      name: 'O',
      role: 'owner',
    });
    await service.insert('todos', {
      id: randomUUID(),
      assignee_id: user,
      title: 'Devis',
      due_at: '2026-03-01T08:00:00Z',
      priority: 'normal',
      status: 'open',
    });
    const remind = () => service.run('/cron/check-overdue-and-reminders');
    expect((await remind()).stats.notifications).toBe(1);
    await db.rows(sql`update cronhook.notifications set read_at = ${clock.now.toISOString()}::timestamptz`);
    for (const days of [89, 91, 200]) {
      clock.now = new Date(Date.parse('2026-03-02T08:00:00Z') + days * DAY_MS);
      await clean();
      expect((await remind()).stats.notifications).toBe(0);
    }
    expect(await count('notifications')).toBe(0);
  });

  it('a table that is missing is named, and keeps no other from being cleaned', async () => {
    const { db, clean } = await startCleanup();
    await db.rows(sql`drop table cronhook.sessions`);
    await db.rows(
      sql`insert into cronhook.tokens (user_id, kind, expires_at) values (gen_random_uuid(), 'x', ${at(1)})`,
    );
    const answer = await clean();
    expect(answer).toMatchObject({ status: 'partial', errors: [{ item: 'sessions' }], stats: { tokens: 1 } });
    expect(answer.errors[0]?.message).toContain('sessions');
  });

  it('works on views of the team’s own tables, whatever their ids are', async () => {
    const { db, clean } = await startCleanup();
    await db.rows(sql`drop table cronhook.sessions`);
    await db.rows(
      sql`create table public.web_sessions (key text primary key, owner uuid, until timestamptz)`,
    );
    await db.rows(sql`
      create view cronhook.sessions as select key as id, owner as user_id, until as expires_at from public.web_sessions
    `);
    await db.rows(sql`
      insert into public.web_sessions
      select 'it''s "' || n, gen_random_uuid(), ${at(0)} + n * interval '1 hour' from generate_series(-1499, 5) n
    `);
    expect(await clean()).toMatchObject({ status: 'succeeded', stats: { sessions: 1_500 } });
    expect(await db.rows(sql`select key from public.web_sessions`)).toHaveLength(5);
  });

  it('a session that is extended at this very moment stays', async () => {
    const { db, clean, count } = await startCleanup();
    await db.rows(sql`
      insert into cronhook.sessions (user_id, expires_at) select gen_random_uuid(), ${at(1)} from generate_series(1, 2)
    `);
    await db.transaction(async (tx) => {
      await tx.execute(sql`
        update cronhook.sessions set expires_at = ${at(-1)} where id = (select id from cronhook.sessions order by id limit 1)
      `);
      expect((await clean()).stats.sessions).toBe(1);
    });
    expect((await clean()).stats.sessions).toBe(0);
    expect(await count('sessions')).toBe(1);
  });

  it('a dry run counts, and deletes nothing', async () => {
    const { db, clean, count } = await startCleanup();
    await db.rows(sql`
      insert into cronhook.sessions (user_id, expires_at) select gen_random_uuid(), ${at(1)} from generate_series(1, 2500)
    `);
    expect(await clean('&dryRun=true')).toMatchObject({ status: 'succeeded', stats: { sessions: 2_500 } });
    expect(await count('sessions')).toBe(2_500);
    expect((await clean()).stats.sessions).toBe(2_500);
  });
});
