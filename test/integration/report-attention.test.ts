import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { startReports } from '../support/reports.js';
import { spaced } from '../unit/messages/look.js';

type Service = Awaited<ReturnType<typeof startReports>>;

const textOf = async ({ smtp }: Service, index = -1): Promise<string> =>
  spaced((await smtp.mails.at(index)?.text) ?? '');

const endBadly = ({ db }: Service, task: string, startedAt: string, finishedAt: string) =>
  db.rows(sql`
    insert into cronhook.task_runs (task, status, trigger, host, started_at, finished_at, message)
    values (${task}, 'failed', 'http', 'h', ${startedAt}::timestamptz, ${finishedAt}::timestamptz, ${`${task} dit non`})
  `);

describe('the failures that a report tells of', () => {
  it('are those since the report before, whatever the clocks do and however long a run took', async () => {
    const service = await startReports({ now: '2026-10-24T06:00:00Z' });
    await service.run('daily');
    // Begun before that report, and begun after it 25 hours before the next.
    await endBadly(service, 'wealth', '2026-10-24T05:30:00Z', '2026-10-24T06:20:00Z');
    await endBadly(service, 'backup', '2026-10-24T06:30:00Z', '2026-10-24T06:31:00Z');
    service.clock.now = new Date('2026-10-25T07:00:00Z');
    await service.run('daily');
    expect(await textOf(service)).toMatch(/- backup Un échec.*- wealth Un échec/);
    service.clock.now = new Date('2026-10-26T07:00:00Z');
    await service.run('daily');
    expect(await textOf(service)).toContain('Aucune tâche n’a échoué');
  });

  it('reach back over the days on which nobody called, a week at most', async () => {
    const service = await startReports({ now: '2026-11-02T07:00:00Z' });
    await service.run('daily');
    await endBadly(service, 'backup', '2026-11-03T01:00:00Z', '2026-11-03T01:01:00Z');
    await endBadly(service, 'wealth', '2026-11-11T01:00:00Z', '2026-11-11T01:01:00Z');
    service.clock.now = new Date('2026-11-13T07:00:00Z');
    await service.run('daily');
    const text = await textOf(service);
    expect(text).toContain('- wealth Un échec');
    expect(text).not.toContain('- backup');
  });

  it('are the same when a report is sent again', async () => {
    const service = await startReports({ now: '2026-11-20T07:00:00Z' });
    await service.run('daily');
    await endBadly(service, 'backup', '2026-11-20T08:00:00Z', '2026-11-20T08:01:00Z');
    service.clock.now = new Date('2026-11-21T11:00:00Z');
    await service.run('daily');
    service.clock.now = new Date('2026-11-21T20:00:00Z');
    await service.run('daily', '&force=true');
    for (const index of [-1, -2]) expect(await textOf(service, index)).toContain('- backup Un échec');
  });

  it('were told of by nobody whose report was refused', async () => {
    const service = await startReports({ now: '2026-11-20T07:00:00Z' });
    await service.run('daily');
    await endBadly(service, 'backup', '2026-11-20T08:00:00Z', '2026-11-20T08:01:00Z');
    service.clock.now = new Date('2026-11-21T11:00:00Z');
    service.smtp.onRcpt = () => ({ code: 550, message: '5.7.1 not today' });
    await service.run('daily');
    service.smtp.onRcpt = undefined;
    service.clock.now = new Date('2026-11-22T11:00:00Z');
    await service.run('daily');
    expect(await textOf(service)).toContain('- backup Un échec');
  });

  it('are ten tasks at most, with a count of the others', async () => {
    const service = await startReports({ now: '2026-11-22T07:00:00Z' });
    for (let n = 10; n < 24; n++)
      await endBadly(service, `task-${n}`, '2026-11-21T10:00:00Z', '2026-11-21T10:00:00Z');
    await service.run('daily');
    expect(await textOf(service)).toMatch(/- task-19 .*… et 4 autres tâches en échec\./);
    expect(await textOf(service)).not.toContain('task-20');
  });
});

describe('a report that could not look everywhere', () => {
  it('says so where it else would say that all is well', async () => {
    const service = await startReports({ now: '2026-11-22T07:00:00Z' });
    await service.db.rows(sql`alter table cronhook.incidents rename column severity to weight`);
    await service.run('daily');
    const text = await textOf(service);
    expect(text).toContain('Un point demande votre attention.');
    expect(text).toContain('Ce rapport est incomplet Impossible de lire les incidents');
    expect(text).not.toMatch(/Rien ne demande|severity|select/);
  });

  it('says that its numbers may be old when the statistics could not be refreshed', async () => {
    const service = await startReports({ now: '2026-11-22T07:00:00Z' });
    await service.db.rows(sql`alter table cronhook.leads rename column created_at to born_at`);
    const { errors } = await service.run('daily');
    expect(errors.map(({ item }) => item)).toEqual(['statistics']);
    const text = await textOf(service);
    expect(text).toContain('Les chiffres n’ont pas pu être mis à jour Ils peuvent être anciens');
    expect(text).not.toContain('Rien ne demande');
  });
});

describe('the open incidents of a report', () => {
  it('are the gravest, of these the newest, and all are counted', async () => {
    const service = await startReports({ now: '2026-11-22T07:00:00Z' });
    await service.db.rows(sql`
      insert into cronhook.incidents (source, severity, title, opened_at, last_seen_at)
      select 's' || n, case when n > 145 then 'critical' when n > 130 then 'important' else 'info' end, 'Incident ' || n,
        '2026-11-21T00:00Z'::timestamptz + n * interval '1 minute', '2026-11-22T06:00Z'
      from generate_series(1, 150) as n
    `);
    await service.run('daily');
    const text = await textOf(service);
    expect(text).toContain('150 points demandent votre attention.');
    expect([...text.matchAll(/- Incident (\d+)/g)].map(([, n]) => Number(n))).toEqual([
      ...[150, 149, 148, 147, 146],
      ...[145, 144, 143, 142, 141],
    ]);
    expect(text).toContain('… et 140 autres points.');
  });

  it('are shown though one of them began at no moment', async () => {
    const service = await startReports({ now: '2026-11-22T07:00:00Z' });
    await service.db.rows(sql`
      insert into cronhook.incidents (source, severity, title, opened_at, last_seen_at) values
        ('a', 'critical', 'Depuis toujours', '-infinity', '2026-11-22T06:00Z'),
        ('b', 'critical', 'À jamais', 'infinity', '2026-11-22T06:00Z'),
        ('c', 'critical', 'Le site est tombé', '2026-11-22T06:00Z', '2026-11-22T06:00Z')
    `);
    expect(await service.run('daily')).toMatchObject({ status: 'succeeded' });
    expect(await textOf(service)).toMatch(
      /- Le site est tombé Depuis 1 heure .*- (À jamais - Depuis toujours|Depuis toujours - À jamais) /,
    );
  });
});
