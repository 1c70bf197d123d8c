import { sql } from 'drizzle-orm';
import { type Observation, type ObservationTally, observe } from '../../../incidents/observe.js';
import { createTelling } from '../../../incidents/telling.js';
import type { PerformanceContext, Sample } from './model.js';
import { PREFIX } from './names.js';
import type { Rates } from './rates.js';
import { storeReadings, storeSamples } from './store.js';

/** What was measured, and the incidents that follow from it, in one write. */
export async function record(
  context: PerformanceContext,
  samples: Sample[],
  readings: Rates['readings'],
  judgement: Observation,
): Promise<ObservationTally> {
  if (context.dryRun) return foresee(context, judgement);
  return context.db.write(async (tx) => {
    await storeSamples(tx, samples);
    await storeReadings(tx, readings, context.now());
    return observe(tx, judgement, createTelling(context));
  });
}

async function foresee(
  { db, would }: PerformanceContext,
  { wrong, well }: Observation,
): Promise<ObservationTally> {
  const open = await db.rows<{ source: string }>(sql`
    select source from cronhook.incidents where resolved_at is null and starts_with(source, ${PREFIX})
  `);
  const known = new Set(open.map(({ source }) => source));
  for (const { source, severity, title, message } of wrong)
    if (!known.has(source)) would(source, { action: 'open an incident', severity, title, message });
  for (const source of well) if (known.has(source)) would(source, { action: 'end the incident' });
  return { opened: 0, recovered: 0 };
}
