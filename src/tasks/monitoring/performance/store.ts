import { sql } from 'drizzle-orm';
import type { Transaction } from '../../../db/client.js';
import { jsonb } from '../../../db/json.js';
import { sqlTime } from '../../../db/moments.js';
import type { Sample } from './model.js';
import type { Rates } from './rates.js';

/** The table may be a view of the team's application: nothing is asked of its constraints. */
export async function storeSamples(tx: Transaction, samples: Sample[]): Promise<void> {
  const whole = samples.filter(({ atLeast }) => !atLeast);
  const rows = whole.map(({ source, metric, at, value }) => ({ source, metric, at, value }));
  await tx.execute(sql`
    insert into cronhook.metric_samples (source, metric, at, value)
    select source, metric, at, value
    from jsonb_to_recordset(${jsonb(rows)}) as given (source text, metric text, at timestamptz, value float8)
    where not exists (
      select from cronhook.metric_samples known
      where known.source = given.source and known.metric = given.metric and known.at = given.at
    )
  `);
}

/** Instances that have not been seen for a day are gone, or have started anew. */
export async function storeReadings(tx: Transaction, readings: Rates['readings'], now: Date): Promise<void> {
  await tx.execute(sql`delete from cronhook.counter_readings where at < ${sqlTime(now)} - interval '1 day'`);
  await tx.execute(sql`
    insert into cronhook.counter_readings as known (source, counter, instance, at, value)
    select source, counter, instance, ${sqlTime(now)}, value
    from jsonb_to_recordset(${jsonb(readings)}) as given (source text, counter text, instance text, value float8)
    on conflict (source, counter, instance) do update set at = excluded.at, value = excluded.value
  `);
}
