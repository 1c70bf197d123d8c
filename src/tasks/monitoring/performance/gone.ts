import { sql } from 'drizzle-orm';
import { sqlTime } from '../../../db/moments.js';
import { retire } from '../../../incidents/observe.js';
import { APP, DATABASE, type PerformanceContext } from './model.js';
import { PREFIX, sourceOf } from './names.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

interface OpenIncident {
  source: string;
  lastSeenAt: string;
  /** Whether anybody has read this machine's counters lately. */
  measured: boolean;
}

/**
 * Ends without a word the incidents of what is no more: of a machine that nobody has measured for an hour, as of a
 * container that a deployment has replaced, and of a mount that its machine has not told of for a day.
 * @param judged the sources that this run has judged
 * @param unread machines that merely cannot be read now
 */
export async function retireGone(
  context: PerformanceContext,
  judged: ReadonlySet<string>,
  unread: Iterable<string>,
): Promise<void> {
  const now = context.now();
  const kept = [...unread, APP, DATABASE].map((machine) => sourceOf(machine, ''));
  const open = await openIncidents(context);
  const gone = open.filter(({ source, lastSeenAt, measured }) => {
    const isKept = judged.has(source) || kept.some((machine) => source.startsWith(machine));
    return !isKept && now.getTime() - Date.parse(lastSeenAt) > (measured ? DAY_MS : HOUR_MS);
  });
  if (gone.length === 0 || context.dryRun) return;
  const sources = gone.map(({ source }) => source);
  await context.db.write((tx) => retire(tx, sources, now));
}

/** Another replica may be the one who measures it. */
function openIncidents({ db, now }: PerformanceContext): Promise<OpenIncident[]> {
  const since = new Date(now().getTime() - HOUR_MS);
  return db.rows<OpenIncident>(sql`
    select source, last_seen_at as "lastSeenAt", exists (
      select from cronhook.counter_readings reading
      where reading.at > ${sqlTime(since)} and starts_with(incident.source, ${PREFIX}::text || reading.source || ':')
    ) as measured
    from cronhook.incidents incident
    where resolved_at is null and starts_with(source, ${PREFIX})
  `);
}
