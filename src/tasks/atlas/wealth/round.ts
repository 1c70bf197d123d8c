import { sql } from 'drizzle-orm';
import { countSpan, type Profile, readSpan, type Span } from './profiles.js';
import { type Recalculation, recalculate } from './recalculate.js';

const BATCH = 2_000;

/**
 * Every profile, by batches, from where the last run had to stop; what lies before that comes at the end.
 * @returns how many were left for the next run
 */
export async function recalculateAll(recalculation: Recalculation): Promise<number> {
  const { signal, outOfTime, progress, tally } = recalculation;
  const start = await stoppedAt(recalculation);
  let spans: Span[] = [{ after: start, upTo: null }, ...(start ? [{ after: null, upTo: start }] : [])];
  let reading = readFirst(recalculation, spans);
  let written = Promise.resolve();
  const wait = async (before: Span[]) => {
    await written;
    progress({ after: before[0]?.after ?? null, ...tally });
  };
  while (spans.length > 0) {
    const profiles = await reading;
    signal.throwIfAborted();
    const before = spans;
    spans = unread(spans, profiles);
    // PostgreSQL reads the next ones, and writes those before, while these are calculated.
    reading = readFirst(recalculation, spans);
    const writing = unheard(recalculate(recalculation, profiles));
    // None is still being written when the run ends.
    await wait(before).catch((error) => Promise.allSettled([writing]).then(() => Promise.reject(error)));
    written = writing;
    if (outOfTime()) break;
  }
  await wait(spans);
  return countAll(recalculation, spans);
}

function readFirst({ db }: Recalculation, [span]: Span[]): Promise<Profile[]> {
  return unheard(span ? readSpan(db, span, BATCH) : Promise.resolve([]));
}

/** Whoever waits for it is told of a failure; nobody does when the batch before it has failed. */
function unheard<Result>(work: Promise<Result>): Promise<Result> {
  work.catch(() => {});
  return work;
}

function unread([span, ...others]: Span[], profiles: Profile[]): Span[] {
  const last = profiles.at(-1);
  return span && last && profiles.length === BATCH ? [{ ...span, after: last.id }, ...others] : others;
}

/** The profile after which the last run of them all stopped; none when it came to its end. */
async function stoppedAt({ db, runId }: Recalculation): Promise<string | null> {
  const [last] = await db.rows<{ after: string | null }>(sql`
    select progress ->> 'after' as after from cronhook.task_runs
    where task = 'wealth' and not dry_run and id <> ${runId}::uuid and progress -> 'after' is not null
    order by started_at desc, id desc limit 1
  `);
  return last?.after ?? null;
}

async function countAll({ db }: Recalculation, spans: Span[]): Promise<number> {
  let count = 0;
  for (const span of spans) count += await countSpan(db, span);
  return count;
}
