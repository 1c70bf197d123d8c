import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { startReports } from '../support/reports.js';
import { spaced } from '../unit/messages/look.js';

type Service = Awaited<ReturnType<typeof startReports>>;

/** The morning after Saturday 21 November. */
const NOW = '2026-11-22T07:00:00Z';

const textOf = async ({ smtp }: Service): Promise<string> => spaced((await smtp.mails.at(-1)?.text) ?? '');

/** A check every five minutes of the day, bad ones from an hour on for so many minutes. */
async function watch({ db }: Service, name: string, down?: { from: string; minutes: number }) {
  const [monitor] = await db.rows<{ id: string }>(sql`
    insert into cronhook.monitors (name, kind, target) values (${name}, 'http', 'https://example.com') returning id
  `);
  const { from, minutes } = down ?? { from: NOW, minutes: 0 };
  await db.rows(sql`
    insert into cronhook.monitor_checks (monitor_id, at, ok, latency_ms)
    select ${monitor?.id}::uuid, at, not (at >= ${from}::timestamptz and at < ${from}::timestamptz + make_interval(mins => ${minutes}::int)), 40
    from generate_series('2026-11-20T12:00:00Z'::timestamptz, ${NOW}::timestamptz, interval '5 minutes') as at
  `);
}

const incident = ({ db }: Service, source: string, title: string, openedAt: string, resolvedAt: string) =>
  db.rows(sql`
    insert into cronhook.incidents (source, severity, title, opened_at, last_seen_at, resolved_at)
    values (${source}, 'critical', ${title}, ${openedAt}::timestamptz, ${openedAt}::timestamptz, ${resolvedAt}::timestamptz)
  `);

const runs = (
  { db }: Service,
  task: string,
  { count, from, found }: { count: number; from: string; found: number },
) =>
  db.rows(sql`
    insert into cronhook.task_runs (task, status, trigger, host, started_at, finished_at, duration_ms, stats)
    select ${task}, 'succeeded', 'http', 'h', at, at + interval '2 seconds', 2000, jsonb_build_object('updated', ${found}::int, 'failed', 0)
    from generate_series(0, ${count - 1}::int) as n,
      lateral (select ${from}::timestamptz + n * interval '1 hour' as at) as moment
  `);

describe('what a report tells of the watch', () => {
  it('is how available the services were in its period, the worst first', async () => {
    const service = await startReports({ now: NOW });
    await watch(service, 'Site vitrine');
    await watch(service, 'API', { from: '2026-11-21T10:00:00Z', minutes: 30 });
    // On the day before: of no concern to this report.
    await watch(service, 'Intranet', { from: '2026-11-20T14:00:00Z', minutes: 60 });
    await service.run('daily');
    const text = await textOf(service);
    expect(text).toContain(
      'Disponibilité, samedi 21 novembre : 99,30 % en moyenne sur 3 services surveillés.',
    );
    expect(text).toContain('- API 97,91 % : interrompu pendant 30 minutes');
    expect(text).not.toMatch(/- (Site vitrine|Intranet)/);
  });

  it('is which incidents have ended since the report before, and how long they took', async () => {
    const service = await startReports({ now: NOW });
    await incident(
      service,
      'monitor:a',
      'L’API ne répond plus',
      '2026-11-21T10:00:00Z',
      '2026-11-21T10:30:00Z',
    );
    await incident(service, 'monitor:b', 'Très ancien', '2026-11-10T10:00:00Z', '2026-11-10T10:30:00Z');
    await incident(
      service,
      'task:backup',
      'La tâche backup échoue',
      '2026-11-21T10:00:00Z',
      '2026-11-21T10:30:00Z',
    );
    await service.run('daily');
    const text = await textOf(service);
    expect(text).toMatch(/- L’API ne répond plus Le samedi 21 novembre 2026 à 11:00, pendant 30 minutes/);
    expect(text).not.toMatch(/Très ancien|La tâche backup échoue/);
  });

  it('is which tasks ran unlike themselves', async () => {
    const service = await startReports({ now: NOW });
    await runs(service, 'crypto-prices', { count: 30, from: '2026-11-20T12:00:00Z', found: 104 });
    await runs(service, 'crypto-prices', { count: 1, from: '2026-11-21T20:00:00Z', found: 0 });
    await service.run('daily');
    expect(await textOf(service)).toMatch(
      /Exécutions inhabituelles -+ - crypto-prices .*bien moins.*\(updated\)/,
    );
  });

  it('leaves out tasks that take as long as what they wait for', async () => {
    const service = await startReports({ now: NOW });
    for (const task of ['monitor-availability', 'crypto-prices']) {
      await runs(service, task, { count: 30, from: '2026-11-20T12:00:00Z', found: 104 });
      await runs(service, task, { count: 1, from: '2026-11-21T20:00:00Z', found: 104 });
    }
    await service.db.rows(sql`
      update cronhook.task_runs set duration_ms = 70000 where started_at = '2026-11-21T20:00:00Z'
    `);
    await service.run('daily');
    const [, unusual = ''] = (await textOf(service)).split('Exécutions inhabituelles');
    expect(unusual).toContain('- crypto-prices');
    expect(unusual.split('crypto-prices')[1]).not.toContain('- monitor-availability');
  });

  it('is which tasks nobody calls any more, whether or not the one that watches them is called', async () => {
    const service = await startReports({ now: NOW });
    for (const task of ['inbox-sync', 'monitor-availability'])
      await runs(service, task, { count: 1, from: '2026-11-12T06:00:00Z', found: 1 });
    await service.db.rows(sql`
      insert into cronhook.incidents (source, severity, title, opened_at, last_seen_at)
      values ('task:inbox-sync', 'important', 'La tâche inbox-sync n’est plus exécutée', ${NOW}, ${NOW})
    `);
    await service.run('daily');
    const text = await textOf(service);
    expect(text).toMatch(
      /- La tâche monitor-availability n’est plus exécutée Depuis .* Dernière exécution : le jeudi 12 novembre 2026 à 07:00/,
    );
    expect(text.match(/La tâche inbox-sync n’est plus exécutée/g)).toHaveLength(1);
  });

  it('takes no room where nothing is watched', async () => {
    const service = await startReports({ now: NOW });
    await service.run('daily');
    expect(await textOf(service)).not.toMatch(/Disponibilité|inhabituelles/);
  });
});
