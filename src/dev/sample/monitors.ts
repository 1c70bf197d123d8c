import { sql } from 'drizzle-orm';
import type { AppDependencies } from '../../routes/environment.js';

const DAYS = 30;

/** The first two answer while `npm run dev` runs; nobody listens at the third. */
const monitorsOf = (publicUrl: string) => [
  {
    id: '0a000000-0000-4000-8000-000000000021',
    name: 'Cronhook',
    kind: 'http',
    target: `${publicUrl}/healthz`,
  },
  {
    id: '0a000000-0000-4000-8000-000000000022',
    name: 'Boîte de l’atelier',
    kind: 'tcp',
    target: '127.0.0.1:3143',
  },
  {
    id: '0a000000-0000-4000-8000-000000000023',
    name: 'Ancien site',
    kind: 'http',
    target: 'http://127.0.0.1:9/',
  },
];

/** Monitors with the checks of a month, an outage now and then. Repeating it changes nothing. */
export async function addMonitorsSample({ db, site, now }: AppDependencies): Promise<void> {
  await db.rows(sql`
    with monitor as (
      insert into cronhook.monitors (id, name, kind, target, severity)
      select id, name, kind, target, 'important'
      from json_to_recordset(${JSON.stringify(monitorsOf(site.publicUrl))}::json)
        as given (id uuid, name text, kind text, target text)
      where not exists (select from cronhook.monitors) returning id
    ), moment as (
      select id, at, ('x' || substr(md5(id::text || date_trunc('hour', at)), 1, 7))::bit(28)::int as hour,
        ('x' || substr(md5(id::text || at), 1, 7))::bit(28)::int as minute
      from monitor, generate_series(${now().toISOString()}::timestamptz - make_interval(days => ${DAYS}),
        ${now().toISOString()}::timestamptz - interval '5 minutes', interval '5 minutes') as at
    )
    insert into cronhook.monitor_checks (monitor_id, at, ok, latency_ms, connect_ms, first_byte_ms, error)
    select id, at, ok, latency, case when ok then latency / 8 end, case when ok then latency * 3 / 4 end,
      case when not ok then 'Timeout' end
    from moment cross join lateral (select hour % 150 <> 0 as ok) as seen
      cross join lateral (select case when ok then 30 + minute % 120 end as latency) as measured
  `);
}
