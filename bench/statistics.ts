import { sql } from 'drizzle-orm';
import type { Database } from '../src/db/client.js';
import { atMost, type Bench, type BenchOptions, inTurn, timed } from './bench.js';
import { type BenchService, POSTGRES_NOTE, startPostgres, startService } from './service.js';

const REFRESH = '/statistics/refresh?wait=3600';
/** Rows that come in an hour, between one refresh and the next. */
const AN_HOUR = 40;

export const bench: Bench = {
  async measure(options) {
    const { quick, say } = options;
    const days = quick ? 20 : 180;
    const runs = options.runs ?? (quick ? 1 : 15);
    const postgres = await startPostgres(options);
    const short = await prepare(postgres, days, options);
    const long = await prepare(postgres, days * 10, options);
    const rows = await sizeOf(long.db);
    const taken = await inTurn(runs, say, { figure: () => refresh(long), baseline: () => refresh(short) });
    return {
      ...taken,
      unit: 'ms',
      goal: atMost(1.5),
      notes: [
        `a refresh after ${AN_HOUR} new rows of each kind, over HTTP, on ${days * 10} days of history (${rows} raw rows) and on ${days}; median of ${runs} runs in turn`,
        `both histories caught up before, by the task itself; ${POSTGRES_NOTE}`,
      ],
    };
  },
};

async function prepare(
  postgres: Awaited<ReturnType<typeof startPostgres>>,
  days: number,
  { say, atEnd }: BenchOptions,
): Promise<BenchService> {
  const service = await startService(postgres, { env: { TASKS: 'statistics' } });
  atEnd(service.stop);
  say(`${days} days of history`);
  await fill(service.db, sql`interval '1 day' * ${days}::int`, days * 100);
  await service.db.rows(sql`vacuum analyze`);
  const caughtUp = await timed(() => service.call('POST', REFRESH));
  say(`caught up in ${Math.round(caughtUp / 1000)} s`);
  await service.db.rows(sql`vacuum analyze`);
  // The first ones read the catalogue and the plans.
  for (let warmUp = 0; warmUp < 3; warmUp++) await refresh(service);
  return service;
}

async function refresh(service: BenchService): Promise<number> {
  await fill(service.db, sql`interval '1 hour'`, AN_HOUR);
  return timed(async () => {
    const { status, stats } = await service.call('POST', REFRESH);
    if (status !== 'succeeded') throw new Error(`the task answered ${status}: ${JSON.stringify(stats)}`);
  });
}

/** So many rows of each kind, spread over the time until now; a tenth of the companies subscribe, half of them leave. */
async function fill(db: Database, since: ReturnType<typeof sql>, rows: number): Promise<void> {
  const at = sql`now() - ${since} * random()`;
  const each = sql`generate_series(1, ${rows}::int) n`;
  await db.rows(
    sql`insert into cronhook.leads (email, created_at) select n || '@example.com', ${at} from ${each}`,
  );
  await db.rows(sql`
    insert into cronhook.companies (name, created_at, trial_ends_at) select n, at, at + interval '14 days'
    from (select n, ${at} as at from ${each}) company
  `);
  await db.rows(sql`
    insert into cronhook.subscriptions (company_id, plan, price_cents, interval, status, started_at, cancelled_at)
    select gen_random_uuid(), 'pro', 1000 + n % 9, 'month', 'active', at,
      case when n % 2 = 0 and at < now() - interval '60 days' then at + interval '50 days' end
    from (select n, ${at} as at from ${each}) subscription where n % 10 < 2
  `);
  await db.rows(sql`
    insert into cronhook.payments (company_id, amount_cents, status, created_at)
    select gen_random_uuid(), 1900, case n % 20 when 0 then 'failed' else 'succeeded' end, ${at} from ${each}
  `);
  await db.rows(sql`
    insert into cronhook.support_tickets (opened_at, first_response_at, resolved_at, satisfaction)
    select at, at + interval '1 hour', at + interval '9 hours', n % 5 + 1
    from (select n, ${at} as at from ${each}) ticket
  `);
  await db.rows(sql`
    insert into cronhook.user_activity (user_id, day)
    select gen_random_uuid(), (${at})::date from ${each}
  `);
}

async function sizeOf(db: Database): Promise<string> {
  const [found] = await db.rows<{ rows: string }>(sql`
    select sum(reltuples)::bigint::text as rows from pg_class
    where oid in ('cronhook.leads'::regclass, 'cronhook.companies'::regclass, 'cronhook.subscriptions'::regclass,
      'cronhook.payments'::regclass, 'cronhook.support_tickets'::regclass, 'cronhook.user_activity'::regclass)
  `);
  return Number(found?.rows ?? 0).toLocaleString('en');
}
