import { type AddressInfo, createServer, type Socket } from 'node:net';
import { sql } from 'drizzle-orm';
import { describe, expect, onTestFinished, test } from 'vitest';
import { READ_KEY, taskKey } from '../../src/auth.js';
import { freePort } from '../../src/db/embedded.js';
import { createMetrics } from '../../src/metrics/index.js';
import { Secret } from '../../src/secret.js';
import { outbox } from '../../src/tasks/messages/outbox.js';
import { startLokario } from '../support/lokario.js';
import {
  parseExposition,
  promtool,
  promtoolAvailable,
  promtoolFiring,
  type Scraped,
} from '../support/prometheus.js';
import { SECRET, startTestService, type TestService } from '../support/service.js';
import { testTask } from '../support/tasks.js';

async function scrape(service: Pick<TestService, 'call'>): Promise<Scraped> {
  const response = await service.call('/metrics');
  expect(response.status).toBe(200);
  return parseExposition(await response.text());
}

/** A task that ends as its caller wants. */
const obedient = (name = 'probe') => {
  const next: { ends: 'well' | 'partial' | 'badly' | 'skipped' } = { ends: 'well' };
  const task = testTask({
    name,
    run: async ({ fail, skip }) => {
      if (next.ends === 'badly') throw new Error('broken');
      if (next.ends === 'skipped') skip(() => 'not now');
      if (next.ends === 'partial') fail('one', new Error('broken'));
      return { mails: 17, done: true, mailbox: 'a@example.com' };
    },
  });
  return { task, next };
};

describe('/metrics', () => {
  test('is open to the secret and the read key, and to no task’s key', async () => {
    const service = await startTestService({ tasks: [obedient().task] });
    const status = async (secret: string) =>
      (await service.fetch('/metrics', { headers: { authorization: `Bearer ${secret}` } })).status;
    expect(await status(SECRET)).toBe(200);
    expect(await status(taskKey(new Secret(SECRET), READ_KEY))).toBe(200);
    expect(await status(taskKey(new Secret(SECRET), 'probe'))).toBe(403);
    expect((await service.fetch('/metrics')).status).toBe(403);
  });

  test('speaks the text format that every Prometheus reads, whatever is asked for', async () => {
    const service = await startTestService({ tasks: [obedient().task] });
    const accept = 'application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5';
    const response = await service.call('/metrics', { headers: { accept } });
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    parseExposition(await response.text());
    expect((await service.call('/metrics', { method: 'HEAD' })).status).toBe(200);
  });

  test('has the zero of every task that is served, before its first run', async () => {
    const service = await startTestService({ env: { TASKS: 'lokario,atlas' } });
    const metrics = await scrape(service);
    for (const { name: task } of service.context.tasks) {
      for (const status of ['succeeded', 'partial', 'skipped', 'failed', 'lost', 'interrupted'])
        expect(metrics.value('cronhook_task_runs_total', { task, status })).toBe(0);
      expect(metrics.value('cronhook_task_run_duration_seconds_count', { task })).toBe(0);
      expect(metrics.value('cronhook_task_running', { task })).toBe(0);
      expect(metrics.value('cronhook_task_healthy', { task })).toBe(1);
    }
    expect(metrics.samples('cronhook_task_runs_total', { task: 'statistics' })).toEqual([]);
  });

  test.skipIf(!promtoolAvailable)('has nothing that Prometheus’s own linter minds', async () => {
    const { task } = obedient();
    const service = await startTestService({ tasks: [task] });
    await service.call('/test/probe');
    await addMonitor(service, 'Site');
    const text = await (await service.call('/metrics')).text();
    expect(await promtool(['check', 'metrics'], text)).toEqual({ code: 0, output: '' });
  });

  test('holds no secret', async () => {
    const service = await startTestService({
      tasks: [obedient().task],
      env: { HEALTHCHECKS_PING_KEY: 'ping-key-0123456789' },
    });
    await addMonitor(service, `postgres://user:hidden-password@host ping-key-0123456789`);
    const text = await (await service.call('/metrics')).text();
    for (const secret of [SECRET, 'hidden-password', 'ping-key-0123456789', service.databaseUrl])
      expect(text).not.toContain(secret);
  });
});

describe('the runs', () => {
  test('are counted by status, their durations without those that were skipped', async () => {
    const { task, next } = obedient();
    const service = await startTestService({ tasks: [task] });
    for (const ends of ['well', 'well', 'partial', 'badly', 'skipped', 'skipped', 'skipped'] as const) {
      next.ends = ends;
      await service.call('/test/probe');
    }
    await service.call('/test/probe?dryRun=true');
    const metrics = await scrape(service);
    const runs = (status: string) => metrics.value('cronhook_task_runs_total', { status });
    expect([runs('succeeded'), runs('partial'), runs('failed'), runs('skipped')]).toEqual([2, 1, 1, 3]);
    expect(metrics.value('cronhook_task_run_duration_seconds_count')).toBe(4);
  });

  test('stand in every bucket that is long enough for them, and add up', async () => {
    const service = await startTestService({ tasks: [obedient().task] });
    await service.db.rows(sql`
      insert into cronhook.task_run_totals (task, status, le, runs, duration_ms) values
        ('probe', 'succeeded', 0.5, 3, 900), ('probe', 'partial', 0.5, 1, 400),
        ('probe', 'failed', 60, 2, 70000), ('probe', 'lost', 'Infinity', 1, 9000000), ('probe', 'skipped', 0.1, 5, 10)
    `);
    const metrics = await scrape(service);
    const buckets = metrics.samples('cronhook_task_run_duration_seconds_bucket', { task: 'probe' });
    const counts = buckets.map(({ labels, value }) => [labels.le, value]);
    expect(counts[0]).toEqual(['0.1', 0]);
    expect(counts[1]).toEqual(['0.5', 4]);
    expect(Object.fromEntries(counts)).toMatchObject({ 30: 4, 60: 6, 3600: 6, '+Inf': 6 });
    expect(buckets.map(({ value }) => value)).toEqual(
      buckets.map(({ value }) => value).toSorted((a, b) => a - b),
    );
    expect(metrics.value('cronhook_task_run_duration_seconds_count')).toBe(6);
    expect(metrics.value('cronhook_task_run_duration_seconds_sum')).toBe(71.3);
    // When it was lost nobody knows: it is counted, and has no duration.
    expect(metrics.value('cronhook_task_runs_total', { status: 'lost' })).toBe(1);
  });

  test('stay counted when their rows are deleted', async () => {
    const service = await startTestService({ tasks: [obedient().task] });
    await service.call('/test/probe');
    const counters = async () => {
      const metrics = await scrape(service);
      return [
        metrics.value('cronhook_task_runs_total', { status: 'succeeded' }),
        metrics.value('cronhook_task_run_duration_seconds_sum'),
      ];
    };
    const before = await counters();
    expect(before[0]).toBe(1);
    await service.db.rows(sql`delete from cronhook.task_runs`);
    expect(await counters()).toEqual(before);
    expect((await scrape(service)).samples('cronhook_task_last_success_timestamp_seconds')).toEqual([]);
  });

  test('are the same at every replica', async () => {
    const { task } = obedient();
    const one = await startTestService({ tasks: [task] });
    const two = await startTestService({ tasks: [task], databaseUrl: one.databaseUrl });
    await one.call('/test/probe');
    await two.call('/test/probe');
    const ofDatabase = async (service: TestService) =>
      [...(await scrape(service)).families].filter(([name]) =>
        /^cronhook_(task|outbox|incidents)/.test(name),
      );
    expect(await ofDatabase(one)).toEqual(await ofDatabase(two));
    expect((await scrape(one)).value('cronhook_task_runs_total', { status: 'succeeded' })).toBe(2);
  });
});

describe('a task', () => {
  test('shows the numbers and the end of its last run that worked, and the start of its last', async () => {
    const { task, next } = obedient();
    let now = new Date('2026-11-21T10:00:00Z');
    const service = await startTestService({ tasks: [task], now: () => now });
    await service.call('/test/probe');
    now = new Date('2026-11-21T10:05:00Z');
    next.ends = 'badly';
    await service.call('/test/probe');
    const metrics = await scrape(service);
    const seconds = (iso: string) => Date.parse(iso) / 1000;
    expect(metrics.value('cronhook_task_last_run_timestamp_seconds')).toBe(seconds('2026-11-21T10:05:00Z'));
    expect(metrics.value('cronhook_task_last_success_timestamp_seconds')).toBe(
      seconds('2026-11-21T10:00:00Z'),
    );
    const items = metrics.samples('cronhook_task_last_run_items');
    expect(items.map(({ labels, value }) => [labels.item, value])).toEqual([
      ['mails', 17],
      ['failed', 0],
    ]);
    expect(metrics.value('cronhook_task_healthy')).toBe(0);
    expect(metrics.value('cronhook_task_next_expected_timestamp_seconds')).toBeGreaterThan(
      seconds('2026-11-21T10:10:00Z'),
    );
  });

  test('is running while a run holds its lease, and not after its process died', async () => {
    let open = () => {};
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    const task = testTask({ run: () => opened.then(() => ({})) });
    const service = await startTestService({ tasks: [task] });
    const running = async () => (await scrape(service)).value('cronhook_task_running');
    const called = service.call('/test/probe');
    await expect.poll(running, { timeout: 30_000 }).toBe(1);
    await service.db.rows(
      sql`update cronhook.task_leases set expires_at = clock_timestamp() - interval '1 s'`,
    );
    expect(await running()).toBe(0);
    open();
    await called;
  });
});

describe('what waits', () => {
  test('is counted by channel and status, with how long the oldest has been queued that should be gone', async () => {
    const now = new Date('2026-11-21T10:00:00Z');
    const service = await startTestService({ tasks: [obedient().task], now: () => now });
    await service.db.rows(sql`
      insert into cronhook.outbox_messages
        (task, channel, dedupe_key, recipient, text_body, status, created_at, next_attempt_at)
      select 'probe', channel, 'm' || row_number() over (), 'a@example.com', 'text', status, queued::timestamptz, due::timestamptz
      from (values ('email', 'pending', '2026-11-21T09:00:00Z', '2026-11-21T09:59:00Z'),
        ('email', 'pending', '2026-11-21T09:30:00Z', '2026-11-21T09:30:00Z'),
        ('email', 'sent', '2026-11-01T09:00:00Z', '2026-11-01T09:00:00Z'),
        ('sms', 'pending', '2026-11-01T11:00:00Z', '2026-11-21T11:00:00Z'),
        ('sms', 'held', '2026-11-01T11:00:00Z', '2026-11-01T11:00:00Z'),
        ('email', 'failed', '2026-11-01T11:00:00Z', '2026-11-01T11:00:00Z'),
        ('email', 'sending', '2026-11-21T09:40:00Z', '2026-11-21T09:40:00Z')) as message (channel, status, queued, due)
    `);
    const metrics = await scrape(service);
    const counted = metrics
      .samples('cronhook_outbox_messages')
      .map(({ labels, value }) => [`${labels.channel} ${labels.status}`, value]);
    expect(Object.fromEntries(counted)).toEqual({
      'email pending': 2,
      'email sending': 1,
      'email held': 0,
      'email failed': 1,
      'sms pending': 1,
      'sms sending': 0,
      'sms held': 1,
      'sms failed': 0,
    });
    const age = (channel: string) => metrics.value('cronhook_outbox_oldest_pending_age_seconds', { channel });
    expect([age('email'), age('sms')]).toEqual([3600, 0]);
  });

  test('is as old under way, and between attempts, as when it was queued', async () => {
    const now = new Date('2026-11-21T10:00:00Z');
    const service = await startTestService({ tasks: [obedient().task], now: () => now });
    await service.db.rows(sql`
      insert into cronhook.outbox_messages
        (task, channel, dedupe_key, recipient, text_body, status, last_error, created_at, next_attempt_at)
      values ('probe', 'email', 'a', 'a@example.com', 'text', 'pending', '451 later', '2026-11-21T08:00:00Z', '2026-11-21T12:00:00Z'),
        ('probe', 'sms', 'b', '+33600000000', 'text', 'sending', null, '2026-11-21T09:00:00Z', '2026-11-21T09:00:00Z')
    `);
    const metrics = await scrape(service);
    const age = (channel: string) => metrics.value('cronhook_outbox_oldest_pending_age_seconds', { channel });
    expect([age('email'), age('sms')]).toEqual([7200, 3600]);
  });

  test.skipIf(!promtoolAvailable)(
    'makes the alert of a stuck outbox fire while the mail server is dead, however often it is tried',
    async () => {
      const clock = { now: new Date('2026-11-21T10:00:00Z') };
      const service = await startLokario({ tasks: [outbox], now: () => clock.now });
      await service.smtp.down();
      await service.message({
        created_at: clock.now.toISOString(),
        next_attempt_at: clock.now.toISOString(),
      });
      const age = async () =>
        (await scrape(service)).value('cronhook_outbox_oldest_pending_age_seconds', { channel: 'email' }) ??
        0;
      const scraped: number[] = [];
      for (let minutes = 0; minutes <= 80; minutes += 5) {
        clock.now = new Date(Date.parse('2026-11-21T10:00:00Z') + minutes * 60_000);
        expect((await service.deliver()).status).toBe('partial');
        clock.now = new Date(clock.now.getTime() + 30_000);
        scraped.push(await age());
      }
      expect(scraped).toEqual(scraped.map((_, index) => index * 300 + 30));
      const series = 'cronhook_outbox_oldest_pending_age_seconds{job="cronhook", channel="email"}';
      expect(await promtoolFiring('CronhookOutboxStuck', series, scraped)).toMatchObject({ code: 0 });
      await service.smtp.up();
      await service.deliver();
      expect(await age()).toBe(0);
    },
  );

  test('that merely waits for its hour has no age', async () => {
    const clock = { now: new Date('2026-11-21T10:00:00Z') };
    const service = await startLokario({ tasks: [outbox], now: () => clock.now });
    await service.smtp.down();
    await service.message({ created_at: '2026-11-20T10:00:00Z', next_attempt_at: '2026-11-22T10:00:00Z' });
    for (const moment of ['2026-11-21T10:00:00Z', '2026-11-22T09:59:59Z']) {
      clock.now = new Date(moment);
      await service.deliver();
      expect(
        (await scrape(service)).value('cronhook_outbox_oldest_pending_age_seconds', { channel: 'email' }),
      ).toBe(0);
    }
  });

  test('are open incidents by severity, those resolved left out', async () => {
    const service = await startTestService({ tasks: [obedient().task] });
    await service.db.rows(sql`
      insert into cronhook.incidents (source, severity, title, opened_at, last_seen_at, resolved_at) values
        ('a', 'critical', 'A', now(), now(), null), ('b', 'critical', 'B', now(), now(), null),
        ('c', 'info', 'C', now(), now(), now())
    `);
    const metrics = await scrape(service);
    const open = (severity: string) => metrics.value('cronhook_incidents_open', { severity });
    expect([open('critical'), open('important'), open('info')]).toEqual([2, 0, 0]);
  });
});

async function addMonitor(service: TestService, name: string, { enabled = true, ok = true } = {}) {
  await service.db.rows(sql`
    with monitor as (
      insert into cronhook.monitors (name, kind, target, enabled)
      values (${name}, 'http', 'https://example.com', ${enabled}::boolean) returning id
    )
    insert into cronhook.monitor_checks (monitor_id, at, ok)
    select id, now() - age, good from monitor,
      (values (interval '10 minutes', ${!ok}::boolean), (interval '5 minutes', ${ok}::boolean)) as checked (age, good)
  `);
}

describe('a monitor', () => {
  test('is up or down as its last check was, under the very name that people gave it', async () => {
    const service = await startTestService({ tasks: [obedient().task] });
    const names = ['a"b\n', 'back\\slash\\n', 'é, {name="x"} 1', '\u{1F600}\r\t'];
    for (const name of names) await addMonitor(service, name);
    await addMonitor(service, 'down', { ok: false });
    await addMonitor(service, 'disabled', { enabled: false });
    const up = (await scrape(service)).samples('cronhook_monitor_up');
    expect(Object.fromEntries(up.map(({ labels, value }) => [labels.name, value]))).toEqual({
      ...Object.fromEntries(names.map((name) => [name, 1])),
      down: 0,
    });
  });

  test('that cannot be read does not hide how the tasks fare', async () => {
    const service = await startTestService({ tasks: [obedient().task] });
    await service.db.rows(sql`alter table cronhook.monitors rename to moved`);
    const metrics = await scrape(service);
    expect(metrics.value('cronhook_database_up')).toBe(1);
    expect(metrics.samples('cronhook_monitor_up')).toEqual([]);
    expect(metrics.value('cronhook_task_running')).toBe(0);
    expect(service.log()).toContain('the monitors could not be read');
  });
});

describe('a scrape', () => {
  /** What counts the statements of a service. */
  const statementsOf = (service: TestService): string[] => {
    const statements: string[] = [];
    const driver = (
      service.db.query as unknown as { $client: { unsafe(text: string, ...rest: unknown[]): unknown } }
    ).$client;
    const send = driver.unsafe.bind(driver);
    driver.unsafe = (text, ...rest) => {
      statements.push(text);
      return send(text, ...rest);
    };
    return statements;
  };

  test('shares its read with those that come at the same time', async () => {
    const service = await startTestService({ tasks: [obedient().task] });
    const metrics = createMetrics(service.context);
    const statements = statementsOf(service);
    await metrics();
    const alone = statements.length;
    const texts = await Promise.all(Array.from({ length: 20 }, metrics));
    for (const text of texts) expect(parseExposition(text).value('cronhook_database_up')).toBe(1);
    expect(statements.length).toBe(2 * alone);
    await metrics();
    expect(statements.length).toBe(3 * alone);
  });

  test('costs the same number of statements for one task as for all', async () => {
    const one = await startTestService({ tasks: [obedient().task] });
    const all = await startTestService();
    const counts = [];
    for (const service of [one, all]) {
      const statements = statementsOf(service);
      await scrape(service);
      counts.push(statements.length);
    }
    expect(counts[0]).toBe(counts[1]);
    expect(counts[0]).toBeLessThanOrEqual(8);
  });

  test.each([
    { database: 'refuses connections', port: freePort },
    { database: 'accepts connections and never says a word', port: silentPort },
  ])('answers with the figures of the process while the database $database', async ({ port }) => {
    const databaseUrl = `postgresql://user:pass@127.0.0.1:${await port()}/away`;
    const service = await startTestService({ tasks: [obedient().task], databaseUrl, migrated: false });
    const startedAt = performance.now();
    const metrics = await scrape(service);
    expect(performance.now() - startedAt).toBeLessThan(15_000);
    expect(metrics.value('cronhook_database_up')).toBe(0);
    expect(metrics.value('process_resident_memory_bytes')).toBeGreaterThan(0);
    expect(metrics.value('cronhook_build_info', { node: process.version })).toBe(1);
    expect(metrics.samples('cronhook_task_runs_total')).toEqual([]);
  });

  test('reads the database again once it is back', async () => {
    const service = await startTestService({ tasks: [obedient().task] });
    await service.db.rows(sql`alter table cronhook.task_run_totals rename to gone`);
    expect((await scrape(service)).value('cronhook_database_up')).toBe(0);
    await service.db.rows(sql`alter table cronhook.gone rename to task_run_totals`);
    expect((await scrape(service)).value('cronhook_database_up')).toBe(1);
  });
});

async function silentPort(): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => sockets.add(socket.on('error', () => {})));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}
