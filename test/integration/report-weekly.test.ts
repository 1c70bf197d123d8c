import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { openDatabase } from '../../src/db/client.js';
import { Secret } from '../../src/secret.js';
import { METRIC_NAMES } from '../../src/tasks/statistics/metrics.js';
import { MAIL_FROM } from '../support/lokario.js';
import { seedBusiness, startReports } from '../support/reports.js';
import { spawnRun } from '../support/run-process.js';
import { linksIn, spaced } from '../unit/messages/look.js';

/** A Monday, 9 o'clock in Paris; the Monday after it is the last one of November. */
const MONDAY = '2026-11-23T08:00:00Z';
const LAST_MONDAY = '2026-11-30T08:00:00Z';

const start = async (options: Partial<Parameters<typeof startReports>[0]> = {}) => {
  const service = await startReports({ now: MONDAY, ...options });
  await seedBusiness(service.db, '2026-08-01T06:00:00Z', '2026-12-01T06:00:00Z');
  return service;
};

const goals = (service: Awaited<ReturnType<typeof start>>) =>
  service.db.rows(sql`insert into cronhook.kpi_targets (metric, period, target) values
    ('leads_new', 'week', 10), ('subscriptions_new', 'week', 1000), ('payment_failure_rate', 'week', 0.0001),
    ('cancellations', 'week', 500), ('a_metric_of_theirs', 'week', 1), ('revenue_cents', 'month', 100000000)`);

describe('report-weekly', () => {
  it('carries its charts as pictures, each with the numbers that it shows, in less than 500 KB', async () => {
    const service = await start();
    expect(await service.run('weekly')).toMatchObject({ status: 'succeeded', stats: { sent: 1, copies: 1 } });
    const [mail] = service.smtp.mails;
    expect(mail?.raw.length).toBeLessThan(500_000);
    const { html = '', attachments } = (await mail?.parse()) ?? { attachments: [] };
    const shown = [...html.matchAll(/<img src="cid:([a-z]+)"[^>]* alt="([^"]*)"/g)];
    expect(shown.map(([, cid]) => cid)).toEqual(['leads', 'revenue', 'bridge', 'customers', 'churn']);
    for (const [, cid, alt = ''] of shown) {
      const picture = attachments.find(({ contentId }) => contentId === `<${cid}>`);
      expect(picture).toMatchObject({ mimeType: 'image/png', related: true });
      expect(
        Buffer.from(picture?.content as ArrayBuffer)
          .subarray(1, 4)
          .toString(),
      ).toBe('PNG');
      expect(alt).toMatch(/\d/);
    }
    const leads = await service.db.rows<{ count: number }>(sql`
      select count(*)::int as count from cronhook.leads
      where created_at >= '2026-08-31 Europe/Paris' and created_at < '2026-11-23 Europe/Paris'
      group by date_trunc('week', created_at, 'Europe/Paris') order by date_trunc('week', created_at, 'Europe/Paris')
    `);
    const alt = `depuis la semaine du 31 août : ${leads.map(({ count }) => count).join(', ')}`;
    expect(spaced(shown[0]?.[2] ?? '')).toBe(alt);
    expect(spaced((await mail?.text) ?? '')).toContain(`Nouveaux leads par semaine : ${alt}`);
    expect(linksIn(html)).toEqual([]);
    expect(html).not.toMatch(/<(script|link|iframe)|(src|background)="(?!cid:)/);
  });

  it('has a bridge that leads from the MRR of one Sunday to that of the next', async () => {
    const service = await start();
    await service.run('weekly');
    const { html = '' } = (await service.smtp.mails[0]?.parse()) ?? {};
    const [, alt = ''] = /src="cid:bridge"[^>]* alt="([^"]*)"/.exec(html) ?? [];
    const levels = await service.db.rows<{ cents: number }>(sql`
      select coalesce(sum(price_cents), 0)::int as cents
      from unnest('{2026-11-16,2026-11-23}'::timestamp[]) as day
      left join cronhook.subscriptions on started_at < day at time zone 'Europe/Paris'
        and (cancelled_at is null or cancelled_at >= day at time zone 'Europe/Paris')
      group by day order by day
    `);
    const steps = [...alt.replace(/\s/g, '').matchAll(/[A-ZÉa-zé]+([+-]?\d+(?:,\d+)?)€/g)];
    const cents = steps.map(([, amount = '']) => Math.round(Number(amount.replace(',', '.')) * 100));
    const [first = 0, ...rest] = cents;
    const end = rest.pop() ?? 0;
    // What is shown is rounded to the euro.
    expect(Math.abs(first - (levels[0]?.cents ?? 0))).toBeLessThanOrEqual(50);
    expect(Math.abs(end - (levels[1]?.cents ?? 0))).toBeLessThanOrEqual(50);
    expect(Math.abs(rest.reduce((sum, step) => sum + step, first) - end)).toBeLessThanOrEqual(350);
  });

  it('puts the results beside the targets: reached, on the way, kept or exceeded', async () => {
    const service = await start();
    await goals(service);
    await service.run('weekly');
    const text = spaced((await service.smtp.mails[0]?.text) ?? '');
    const [, shown = ''] = /Objectifs de la semaine -+ (.*) Acquisition -/.exec(text) ?? [];
    expect(shown).toMatch(/^- Nouveaux leads : \d+ sur 10 Objectif atteint/);
    expect(shown).toMatch(/Nouveaux abonnements : \d+ sur 1 000 \d % de l’objectif/);
    expect(shown).toMatch(/Paiements en échec : [\d,]+ % pour 0 % au plus Objectif dépassé/);
    expect(shown).toMatch(/Départs de clients : \d+ pour 500 au plus Objectif tenu$/);
    expect(text).not.toContain('a_metric_of_theirs');
    expect(text).not.toContain('Le mois de');
  });

  it('leaves out targets that are no numbers, and shows no answer that came before its question', async () => {
    const service = await start();
    await service.db.rows(sql`insert into cronhook.kpi_targets (metric, period, target) values
      ('leads_new', 'week', 'NaN'), ('mrr_cents', 'week', '1e300'), ('arr_cents', 'week', 'Infinity'),
      ('customers', 'week', 1)`);
    await service.db.rows(
      sql`update cronhook.support_tickets set first_response_at = opened_at - interval '20 days'`,
    );
    expect(await service.run('weekly')).toMatchObject({ status: 'succeeded' });
    const text = spaced((await service.smtp.mails[0]?.text) ?? '');
    expect(text).toMatch(
      /Objectifs de la semaine -+ - Clients payants : \d+ sur 1 Objectif atteint Acquisition/,
    );
    expect(text).toContain('Première réponse : –');
    expect(text).not.toMatch(/NaN|Infinity|∞|-\d+ (s|min|h|j) /);
  });

  it('stays shorter than what Gmail cuts, however much there is to tell', async () => {
    const service = await start({ now: LAST_MONDAY });
    await service.db.rows(sql`
      insert into cronhook.kpi_targets (metric, period, target)
      select metric, period, 1000000 from json_array_elements_text(${JSON.stringify(METRIC_NAMES)}::json) as metric
      cross join unnest('{week,month}'::text[]) as period
    `);
    await service.db.rows(sql`
      insert into cronhook.incidents (source, severity, title, details, opened_at, last_seen_at)
      select 's' || n, 'critical', repeat('<é> ', 1000), json_build_object('message', repeat('«à»&', 5000)),
        '2026-11-29T10:00Z', '2026-11-29T10:00Z'
      from generate_series(1, 30) as n
    `);
    await service.db.rows(sql`
      insert into cronhook.task_runs (task, status, trigger, host, started_at, finished_at, message)
      select 'task-' || n, 'failed', 'http', 'h', '2026-11-29T10:00Z', '2026-11-29T10:00Z', repeat('<é>&', 2000)
      from generate_series(1, 30) as n
    `);
    await service.run('weekly');
    const { html = '', text = '' } = (await service.smtp.mails[0]?.parse()) ?? {};
    expect(Buffer.byteLength(html)).toBeLessThan(95_000);
    expect(spaced(text)).toMatch(
      /… et \d+ autres objectifs\..*… et \d+ autres objectifs\..*… et 20 autres tâches/,
    );
  });

  it('carries the month on the last Monday of it, and says that the month is not over', async () => {
    const service = await start({ now: LAST_MONDAY });
    await goals(service);
    await service.run('weekly');
    const text = spaced((await service.smtp.mails[0]?.text) ?? '');
    expect(text).toMatch(/Le mois de novembre, jusqu’ici -+ - Nouveaux leads : \d+ octobre : \d+ - /);
    expect(text).toContain('Le mois n’est pas fini');
    expect(text).toMatch(/Objectifs de novembre -+ - Encaissements nets : [\d ]+ € sur 1 000 000 €/);
  });

  it('is sent once a week, and a missed Monday is caught up until Sunday', async () => {
    const service = await start({ now: '2026-11-26T15:00:00Z' });
    expect(await service.run('weekly')).toMatchObject({ stats: { period: '2026-11-23', sent: 1 } });
    for (const time of ['2026-11-27T08:00:00Z', '2026-11-29T22:59:59Z']) {
      service.clock.now = new Date(time);
      expect(await service.run('weekly')).toMatchObject({
        status: 'skipped',
        message: expect.stringContaining('la semaine du 16 au 22 novembre est déjà parti'),
      });
    }
    service.clock.now = new Date('2026-11-29T23:00:00Z');
    expect(await service.run('weekly')).toMatchObject({ stats: { period: '2026-11-30', sent: 1 } });
    expect(service.smtp.mails.map(({ subject }) => subject.split(' : ')[0])).toEqual([
      'Semaine du 16 au 22 novembre',
      'Semaine du 23 au 29 novembre',
    ]);
  });

  it('keeps a copy that stands alone, by the week that it tells of', async () => {
    const service = await start({ now: '2027-01-04T08:00:00Z' });
    await service.storage.put('reports/weekly/2025/2025-W52.html', 'x', { contentType: 'text/html' });
    await service.storage.put('reports/weekly/2026/2026-W01.html', 'x', { contentType: 'text/html' });
    expect(await service.run('weekly')).toMatchObject({ stats: { copies: 1, removed: 1 } });
    expect(await service.keys()).toEqual([
      'reports/weekly/2026/2026-W01.html',
      'reports/weekly/2026/2026-W53.html',
    ]);
    const page = (await service.storage.get('reports/weekly/2026/2026-W53.html')) ?? '';
    expect(page.match(/ src="data:image\/png;base64,/g)).toHaveLength(5);
    expect(page).not.toContain('cid:');
  });

  it('shows its charts in the preview too', async () => {
    const service = await start();
    await service.run('weekly');
    const page = await (await service.call('/reports/weekly?preview=true')).text();
    expect(page.match(/ src="data:image\/png;base64,/g)).toHaveLength(5);
    expect(service.smtp.mails).toHaveLength(1);
  });

  it('reads in English where the site does', async () => {
    const service = await start({ now: LAST_MONDAY, env: { LOCALE: 'en' } });
    await goals(service);
    await service.run('weekly');
    const mail = service.smtp.mails[0];
    expect(mail?.subject).toMatch(/^Week of 23–29 November: \d+ new subscriptions, €[\d,]+ received$/);
    expect(`${mail?.subject}${await mail?.text}`).not.toMatch(/[éèêà]|undefined|null|NaN/);
  });
});

describe('a weekly report whose run is killed', { timeout: 240_000 }, () => {
  const startKilled = async (smtp = {}) => {
    const service = await start({ now: new Date().toISOString(), smtp });
    const env = {
      ...{ DATABASE_URL: service.databaseUrl, SMTP_URL: service.smtp.url, MAIL_FROM },
      ...{ ADMIN_EMAIL: 'fondatrice@example.fr', NODE_ENV: 'production', CRON_SECRET: 'x'.repeat(40) },
    };
    return { service, env };
  };

  it('before the mail is queued has done nothing, and the next call sends it once', async () => {
    const { service, env } = await startKilled();
    const locker = openDatabase(new Secret(service.databaseUrl), { max: 1 });
    const run = await locker.transaction(async (tx) => {
      await tx.execute(sql`lock table cronhook.outbox_messages in exclusive mode`);
      const spawned = spawnRun('report-weekly', env);
      await until(async () => (await waiting(service)) > 0);
      spawned.child.kill('SIGKILL');
      await spawned.ended;
      return spawned;
    });
    await locker.close();
    expect(run.child.signalCode).toBe('SIGKILL');
    await until(async () => (await waiting(service)) === 0);
    await sendsOnce(service);
  });

  it('after the mail is queued leaves it to the next call, which sends it once and keeps its copy', async () => {
    const { service, env } = await startKilled({ greetingDelayMs: 100_000 });
    const run = spawnRun('report-weekly', env);
    await until(async () => (await service.messages()).length > 0 && service.smtp.open > 0);
    run.child.kill('SIGKILL');
    await run.ended;
    service.smtp.greetingDelayMs = undefined;
    await sendsOnce(service);
  });

  async function sendsOnce(service: Awaited<ReturnType<typeof start>>) {
    // What waiting for a minute does.
    service.clock.now = new Date();
    await service.db.rows(sql`update cronhook.task_leases set expires_at = '-infinity'`);
    const answers = await Promise.all(Array.from({ length: 5 }, () => service.run('weekly')));
    expect(answers.filter(({ status }) => status === 'succeeded')).toMatchObject([
      { stats: { sent: 1, copies: 1 } },
    ]);
    expect((await service.run('weekly')).status).toBe('skipped');
    expect(service.smtp.mails).toHaveLength(1);
    expect(await service.messages()).toMatchObject([{ status: 'sent' }]);
    expect(await service.keys()).toHaveLength(1);
  }
});

const waiting = async ({ db }: Awaited<ReturnType<typeof start>>): Promise<number> => {
  const found = await db.rows(sql`
    select from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock' and query like '%insert into cronhook.outbox_messages%'
  `);
  return found.length;
};

async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error('it never came to that');
    await sleep(50);
  }
}
