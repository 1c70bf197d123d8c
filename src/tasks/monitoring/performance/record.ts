import { sql } from 'drizzle-orm';
import { type ObservationTally, observe, retire } from '../../../incidents/observe.js';
import { createTelling } from '../../../incidents/telling.js';
import type { Judgement } from './judge.js';
import { APP, DATABASE, type Measured, type PerformanceContext } from './model.js';
import { PREFIX, sourceOf } from './names.js';
import type { Rates } from './rates.js';
import { storeReadings, storeSamples } from './store.js';

const DAY_MS = 86_400_000;

/** What was measured, and the incidents that follow from it, in one write. */
export async function record(
  context: PerformanceContext,
  { samples, unreadable }: Measured,
  { readings }: Rates,
  judgement: Judgement,
): Promise<ObservationTally> {
  const open = await openIncidents(context);
  if (context.dryRun) return foresee(context, judgement, open);
  const gone = goneOf(open, judgement, unreadable, context.now());
  return context.db.write(async (tx) => {
    await storeSamples(tx, samples);
    await storeReadings(tx, readings, context.now());
    const tally = await observe(tx, judgement, createTelling(context));
    if (gone.length > 0) await retire(tx, gone, context.now());
    return tally;
  });
}

interface OpenIncident {
  source: string;
  lastSeenAt: string;
}

const openIncidents = ({ db }: PerformanceContext): Promise<OpenIncident[]> =>
  db.rows<OpenIncident>(sql`
    select source, last_seen_at as "lastSeenAt" from cronhook.incidents
    where resolved_at is null and starts_with(source, ${PREFIX})
  `);

/** Mounts and machines that have told nothing for a day. What merely cannot be read now keeps its incidents. */
function goneOf(
  open: OpenIncident[],
  { wrong, well, between }: Judgement,
  unreadable: ReadonlyMap<string, string>,
  now: Date,
): string[] {
  const judged = new Set([...wrong.map(({ source }) => source), ...well, ...between]);
  const kept = [...unreadable.keys(), APP, DATABASE].map((machine) => sourceOf(machine, ''));
  return open
    .filter(({ source, lastSeenAt }) => {
      const isKept = judged.has(source) || kept.some((machine) => source.startsWith(machine));
      return !isKept && now.getTime() - Date.parse(lastSeenAt) > DAY_MS;
    })
    .map(({ source }) => source);
}

function foresee(
  { would }: PerformanceContext,
  { wrong, well }: Judgement,
  open: OpenIncident[],
): ObservationTally {
  const known = new Set(open.map(({ source }) => source));
  for (const { source, severity, title, message } of wrong)
    if (!known.has(source)) would(source, { action: 'open an incident', severity, title, message });
  for (const source of well) if (known.has(source)) would(source, { action: 'end the incident' });
  return { opened: 0, recovered: 0 };
}
