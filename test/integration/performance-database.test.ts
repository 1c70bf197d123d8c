import { sql } from 'drizzle-orm';
import postgres from 'postgres';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startPerformance } from '../support/performance.js';

type Service = Awaited<ReturnType<typeof startPerformance>>;

/** A client of its own, as another program would be. */
function connect(
  { databaseUrl }: Pick<Service, 'databaseUrl'>,
  options: { user?: string; name?: string } = {},
) {
  const url = new URL(databaseUrl);
  if (options.user) Object.assign(url, { username: options.user, password: 'password' });
  const connection = { application_name: options.name ?? 'shop' };
  const client = postgres(url.toString(), { max: 1, onnotice: () => {}, connection });
  onTestFinished(() => client.end({ timeout: 0 }));
  return client;
}

async function until(condition: () => Promise<boolean>) {
  for (const deadline = performance.now() + 60_000; !(await condition()); ) {
    if (performance.now() > deadline) throw new Error('it did not come');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const runningFor = ({ db }: Service, name: string) =>
  db
    .rows<{ seconds: number }>(sql`
      select extract(epoch from clock_timestamp() - query_start)::float8 as seconds
      from pg_stat_activity where application_name = ${name} and state = 'active'
    `)
    .then(([found]) => found?.seconds ?? -1);

const open = async (service: Service) =>
  (await service.incidents()).filter((incident) => incident.open).map(({ source }) => source);

test('PostgreSQL is measured as the service sees it', async () => {
  const service = await startPerformance();
  await service.run();
  expect(await service.samples('database')).toEqual({
    round_trip_ms: expect.any(Number),
    connections: expect.any(Number),
    connections_percent: expect.any(Number),
    query_seconds: expect.any(Number),
    size_bytes: expect.any(Number),
    errors_per_minute: 0,
  });
  service.pass(5);
  const hits = () =>
    service.db
      .rows<{ hits: number }>(
        sql`select blks_hit::int as hits from pg_stat_database where datname = current_database()`,
      )
      .then(([found]) => found?.hits ?? 0);
  const before = await hits();
  await until(async () => (await hits()) > before);
  await service.run();
  const { cache_hit_percent, deadlocks } = await service.samples('database');
  expect(cache_hit_percent).toBeGreaterThan(0);
  expect(deadlocks).toBe(0);
});

describe('a long query', () => {
  test('is told with who runs it and what kind it is, never with its text', async () => {
    const service = await startPerformance();
    await service.set('threshold.query_seconds', 0.2);
    const running = connect(service)`select pg_sleep(600), 'jane.doe@example.com'`.catch(() => {});
    await until(async () => (await runningFor(service, 'shop')) > 0.2);
    const answer = await service.run();
    const [incident] = await service.incidents();
    expect(incident).toMatchObject({ source: 'performance:database:query_seconds', severity: 'important' });
    expect(incident?.message).toMatch(/SELECT, pid \d+, utilisateur \w+, application shop\./);
    expect(JSON.stringify([incident, answer]) + service.log()).not.toContain('jane.doe');
    await service.db.rows(sql`
      select pg_cancel_backend(pid) from pg_stat_activity where application_name = 'shop'
    `);
    await running;
    service.pass(5);
    await service.run();
    expect(await open(service)).toEqual([]);
  });

  test('of a backup may take its time', async () => {
    const service = await startPerformance();
    await service.set('threshold.query_seconds', 0.2);
    connect(service, { name: 'pg_dump' })`select pg_sleep(600)`.catch(() => {});
    await until(async () => (await runningFor(service, 'pg_dump')) > 0.2);
    await service.run();
    expect((await service.samples('database')).query_seconds).toBeLessThan(0.2);
  });

  test.each(['/* by Jane */ select pg_sleep(600)', '-- by Jane\n  with x as (select pg_sleep(600)) table x'])(
    'is called by its first word: %s',
    async (text) => {
      const service = await startPerformance();
      await service.set('threshold.query_seconds', 0.1);
      connect(service)
        .unsafe(text)
        .catch(() => {});
      await until(async () => (await runningFor(service, 'shop')) > 0.1);
      await service.run();
      expect((await service.incidents())[0]?.message).toMatch(/^(SELECT|WITH), pid/);
    },
  );
});

test('connections that fill what the database allows are told', async () => {
  const service = await startPerformance();
  const { pathname } = new URL(service.databaseUrl);
  await service.db.query.execute(sql.raw(`alter database "${pathname.slice(1)}" connection limit 20`));
  const clients = Array.from({ length: 17 }, () => connect(service));
  await Promise.all(clients.map((client) => client`select 1`));
  await service.run();
  expect((await service.samples('database')).connections_percent).toBeGreaterThan(80);
  expect(await service.incidents()).toMatchObject([
    { source: 'performance:database:connections_percent', severity: 'critical' },
  ]);
  await Promise.all(clients.map((client) => client.end()));
  service.pass(5);
  await until(async () => {
    await service.run();
    return (await open(service)).length === 0;
  });
});

test('connections beyond what is allowed, as of superusers, are 100 % of it', async () => {
  const service = await startPerformance();
  const { pathname } = new URL(service.databaseUrl);
  const clients = Array.from({ length: 3 }, () => connect(service));
  await Promise.all(clients.map((client) => client`select 1`));
  await service.db.query.execute(sql.raw(`alter database "${pathname.slice(1)}" connection limit 2`));
  await service.run();
  expect((await service.samples('database')).connections_percent).toBe(100);
});

test('deadlocks are counted since the last run, however short ago it was', async () => {
  const service = await startPerformance();
  await service.db.query.execute(sql.raw('create table rows_a (n int); create table rows_b (n int)'));
  await service.run();
  await deadlock(service);
  await until(async () => {
    const [found] = await service.db.rows<{ deadlocks: number }>(
      sql`select deadlocks::int from pg_stat_database where datname = current_database()`,
    );
    return found?.deadlocks === 1;
  });
  service.pass(1);
  await service.run();
  expect((await service.samples('database')).deadlocks).toBe(1);
  service.pass(1);
  await service.run();
  expect((await service.samples('database')).deadlocks).toBe(0);
});

async function deadlock(service: Service) {
  const [one, other] = [connect(service), connect(service)];
  const lock = async (
    client: ReturnType<typeof connect>,
    first: string,
    second: string,
    ready: () => Promise<void>,
  ) =>
    client.begin(async (tx) => {
      await tx.unsafe(`lock table ${first}`);
      await ready();
      await tx.unsafe(`lock table ${second}`);
    });
  let waiting = 0;
  const both = async () => {
    waiting += 1;
    await until(async () => waiting === 2);
  };
  const ends = await Promise.allSettled([
    lock(one, 'rows_a', 'rows_b', both),
    lock(other, 'rows_b', 'rows_a', both),
  ]);
  expect(ends.filter(({ status }) => status === 'rejected')).toHaveLength(1);
}

describe('errors of the application', () => {
  const log = (service: Service, level: string, count: number, minutesAgo: number) =>
    service.db.rows(sql`
      insert into cronhook.application_logs (level, message, created_at)
      select ${level}, 'x', ${new Date(service.now().getTime() - minutesAgo * 60_000).toISOString()}::timestamptz
      from generate_series(1, ${count}::int)
    `);

  test('are counted by the minute over the last five, whatever their case', async () => {
    const service = await startPerformance();
    await log(service, 'error', 200, 1);
    await log(service, 'CRITICAL', 50, 4);
    await log(service, 'warn', 1_000, 1);
    await log(service, 'error', 1_000, 6);
    await service.run();
    expect((await service.samples('database')).errors_per_minute).toBe(50);
    expect(await open(service)).toEqual([]);
    await log(service, 'error', 1, 0);
    service.pass(0.5);
    await service.run();
    expect(await open(service)).toEqual(['performance:database:errors_per_minute']);
  });

  test('that somebody has locked are waited for ten seconds, and the rest is measured', async () => {
    const service = await startPerformance();
    const locker = connect(service);
    await locker.unsafe('begin; lock table cronhook.application_logs');
    const answer = await service.run();
    expect(answer.errors).toMatchObject([
      { item: 'database errors_per_minute', message: expect.stringContaining('10 s') },
    ]);
    expect(Object.keys(await service.samples('database'))).toContain('size_bytes');
    // Nothing goes on waiting, or run after run would hold a connection more.
    await until(async () => {
      const [found] = await service.db.rows<{ waiting: number }>(sql`
        select count(*)::int as waiting from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'
      `);
      return found?.waiting === 0;
    });
    await locker.unsafe('rollback');
  });

  test('that cannot be counted are named, and spoil nothing else', async () => {
    const service = await startPerformance();
    await service.db.query.execute(sql.raw('alter table cronhook.application_logs rename to app_logs'));
    const answer = await service.run();
    expect(answer.status).toBe('partial');
    expect(answer.errors).toEqual([
      {
        item: 'database errors_per_minute',
        message: expect.stringContaining('cronhook.application_logs est introuvable'),
      },
    ]);
    expect(Object.keys(await service.samples('database'))).toContain('size_bytes');
    await service.db.query.execute(
      sql.raw(`create view cronhook.application_logs as
        select upper(level)::varchar as level, created_at from cronhook.app_logs`),
    );
    service.pass(5);
    expect((await service.run()).status).toBe('succeeded');
  });
});

describe('a user who may not see the sessions of others', () => {
  /** The service as a user of its own, and the same database as its owner sees it. */
  async function startReader() {
    const owner = await startPerformance();
    const name = `reader_${process.pid}_${Date.now().toString(36)}`;
    const { pathname } = new URL(owner.databaseUrl);
    const admin = (statement: string) => owner.db.query.execute(sql.raw(statement));
    await admin(`create role ${name} login password 'password'; alter schema cronhook owner to ${name};
      grant all on all tables in schema cronhook to ${name};
      grant connect on database "${pathname.slice(1)}" to ${name}`);
    const url = new URL(owner.databaseUrl);
    Object.assign(url, { username: name, password: 'password' });
    const service = await startPerformance({ databaseUrl: url.toString(), migrated: false });
    onTestFinished(async () => {
      await service.stop();
      await admin(`select pg_terminate_backend(pid) from pg_stat_activity where usename = '${name}'`);
      await admin(`alter schema cronhook owner to current_user; drop owned by ${name}; drop role ${name}`);
    });
    const sleep = async (by: { databaseUrl: string }, name: string) => {
      connect(by, { name })`select pg_sleep(600)`.catch(() => {});
      await until(async () => (await runningFor(owner, name)) > 0.3);
    };
    return { owner, service, sleep, name, admin };
  }

  test('ends no incident of a long query, and says why', async () => {
    const { owner, service, sleep, name, admin } = await startReader();
    await service.set('threshold.query_seconds', 0.2);
    await sleep(owner, 'shop');
    await owner.run();
    expect(await open(service)).toEqual(['performance:database:query_seconds']);
    service.pass(5);
    const answer = await service.run();
    expect(answer).toMatchObject({ status: 'succeeded', errors: [], stats: { hidden: 1, recovered: 0 } });
    expect(service.log()).toContain('pg_monitor');
    const { connections, ...others } = await service.samples('database');
    expect(connections).toBeGreaterThan(1);
    expect(others).not.toHaveProperty('query_seconds');
    expect(await open(service)).toEqual(['performance:database:query_seconds']);
    await admin(`grant pg_monitor to ${name}`);
    await admin(`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'shop'`);
    service.pass(5);
    await until(async () => (await service.run()).stats.recovered === 1);
    expect(await service.samples('database')).toHaveProperty('query_seconds');
  });

  test('is alerted of a long query of its own', async () => {
    const { owner, service, sleep } = await startReader();
    await service.set('threshold.query_seconds', 0.2);
    await sleep(owner, 'shop');
    await sleep(service, 'own');
    await service.run();
    const [incident] = await service.incidents();
    expect(incident).toMatchObject({ source: 'performance:database:query_seconds:own', open: true });
    expect(incident?.message).toMatch(/application own\.\n.*grant pg_monitor/);
  });

  test('is told no replication lag that it cannot see', async () => {
    const { owner, service } = await startReader();
    const standby = postgres(owner.databaseUrl, {
      max: 1,
      fetch_types: false,
      connection: { application_name: 'standby', replication: 'database' } as object,
    });
    onTestFinished(() => standby.end({ timeout: 0 }));
    await standby.unsafe('IDENTIFY_SYSTEM').simple();
    expect((await service.run()).stats).toMatchObject({ hidden: 2 });
    expect(await service.samples('database')).not.toHaveProperty('replication_lag_seconds');
  });
});
