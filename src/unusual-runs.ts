import { type SQL, sql } from 'drizzle-orm';
import type { Database } from './db/client.js';

/** How a run differs from the thirty before it. */
export type Oddity = 'shorter' | 'longer' | 'emptier';

export interface UnusualRun {
  task: string;
  runId: string;
  startedAt: Date;
  oddities: Oddity[];
  durationMs: number;
  /** The median of the thirty before. */
  usualDurationMs: number;
  /** The stats that hardly ever were near as low. */
  emptied: string[];
}

const COMPARED_RUNS = 30;
/** With fewer before it nothing is usual yet. */
const LEAST_RUNS = 10;
const LONGER_TIMES = 3;
const SHORTER_TIMES = 5;
const EMPTIER_TIMES = 10;
/** Some of the thirty may be odd themselves: one bad moment must not hide all that follow. */
const MOST_SHARE = 0.8;
const TAIL_SHARE = 0.1;
/** Differences below it are the machine's. */
const NOTABLE_MS = 5_000;
/** Of these none is good news: what was wrong, told of or left over. Durations are judged as such. */
const GOOD_WHEN_NONE = new RegExp(
  [
    '^un[a-z]',
    '^(fail(ed|ing)|skipped|waiting|stale|refused|blocked|never|without|leftovers?|lost)(?![a-z])',
    '^(down|late|opened|escalated|recovered|alerts?|held|hidden)(?![a-z])',
    '([Rr]emaining|[Ll]eft|Ms|Seconds|Exceeded)(?![a-z])',
    '^(ms|seconds)$',
  ].join('|'),
);

/** No run lasts as long: what ended in a span began at most so long before it. */
const LONGEST_RUN: SQL = sql.raw(`interval '1 day'`);
/** Runs that did their work; dry runs and skipped ones did none. */
const WORKED: SQL = sql`not dry_run and not aside and status in ('succeeded', 'partial')`;

interface Span {
  tasks: string[];
  /** Those of them whose durations tell nothing. */
  variableDuration?: string[];
  from: Date;
  to: Date;
}

/** Of the runs that ended in this span. */
export async function unusualRuns(
  db: Pick<Database, 'rows'>,
  { tasks, variableDuration, from, to }: Span,
): Promise<UnusualRun[]> {
  if (tasks.length === 0 || from >= to) return [];
  const [start, end] = [sql`${from.toISOString()}::timestamptz`, sql`${to.toISOString()}::timestamptz`];
  const runs = await withThoseBefore(
    db,
    sql`
      select task, min(started_at) as started_at, ${end} as before from cronhook.task_runs
      where task in ${tasks} and started_at >= ${start} - ${LONGEST_RUN} and started_at < ${end}
        and finished_at >= ${start} and finished_at < ${end} and ${WORKED}
      group by task`,
  );
  return compared(runs, ({ finishedAt }) => finishedAt >= from && finishedAt < to, variableDuration);
}

/** Which of these runs are unusual. */
export async function unusualAmong(
  db: Pick<Database, 'rows'>,
  runIds: string[],
  { variableDuration }: Pick<Span, 'variableDuration'> = {},
): Promise<UnusualRun[]> {
  if (runIds.length === 0) return [];
  const ids = sql`(select value::uuid from jsonb_array_elements_text(${JSON.stringify(runIds)}::jsonb))`;
  const runs = await withThoseBefore(
    db,
    sql`
      select task, min(started_at) as started_at, max(started_at) + interval '1 microsecond' as before
      from cronhook.task_runs where id in ${ids} and ${WORKED} group by task`,
  );
  return compared(runs, ({ id }) => runIds.includes(id), variableDuration);
}

interface WorkedRun {
  id: string;
  task: string;
  startedAt: Date;
  finishedAt: Date;
  durationMs: number;
  stats: Record<string, unknown>;
}

/** By task the runs of the spans, oldest first, after the thirty before them. */
async function withThoseBefore({ rows }: Pick<Database, 'rows'>, spans: SQL): Promise<WorkedRun[]> {
  const columns = sql`id, started_at, finished_at, coalesce(duration_ms, 0) as duration_ms, stats`;
  const found = await rows<{
    id: string;
    task: string;
    started_at: string;
    finished_at: string;
    duration_ms: number;
    stats: Record<string, unknown>;
  }>(sql`
    select span.task, run.* from (${spans}) as span
    cross join lateral (
      (
        select ${columns} from cronhook.task_runs
        where task = span.task and started_at < span.started_at and ${WORKED}
        order by started_at desc, id desc limit ${COMPARED_RUNS}
      )
      union all
      select ${columns} from cronhook.task_runs
      where task = span.task and started_at >= span.started_at and started_at < span.before and ${WORKED}
    ) as run
    order by span.task, run.started_at, run.id
  `);
  return found.map((row) => ({
    id: row.id,
    task: row.task,
    startedAt: new Date(row.started_at),
    finishedAt: new Date(row.finished_at),
    durationMs: row.duration_ms,
    stats: row.stats,
  }));
}

function compared(
  runs: WorkedRun[],
  isWanted: (run: WorkedRun) => boolean,
  variableDuration: string[] = [],
): UnusualRun[] {
  const unusual: UnusualRun[] = [];
  let first = 0;
  for (const [index, run] of runs.entries()) {
    if (run.task !== runs[first]?.task) first = index;
    if (!isWanted(run) || index - first < LEAST_RUNS) continue;
    const before = runs.slice(Math.max(first, index - COMPARED_RUNS), index);
    const odd = oddityOf(run, before, { isTimed: !variableDuration.includes(run.task) });
    if (odd.oddities.length > 0) unusual.push(odd);
  }
  return unusual;
}

function oddityOf(run: WorkedRun, before: WorkedRun[], { isTimed }: { isTimed: boolean }): UnusualRun {
  const durations = before.map(({ durationMs }) => durationMs).sort((one, other) => one - other);
  const tail = Math.floor(durations.length * TAIL_SHARE);
  const [short = 0, long = 0] = [durations[tail], durations.at(-1 - tail)];
  const usual = median(durations);
  const { durationMs } = run;
  const emptied = Object.keys(run.stats).filter((name) => isEmptied(name, run, before));
  const oddities: Oddity[] = [];
  if (isTimed && Math.abs(durationMs - usual) >= NOTABLE_MS) {
    if (durationMs < usual / SHORTER_TIMES && durationMs < short) oddities.push('shorter');
    if (durationMs > usual * LONGER_TIMES && durationMs > long) oddities.push('longer');
  }
  if (emptied.length > 0) oddities.push('emptier');
  const { id: runId, task, startedAt } = run;
  return { task, runId, startedAt, oddities, durationMs, usualDurationMs: usual, emptied };
}

/** A stat that the task no longer reports tells nothing, nor does one that is 0 on quiet days. */
function isEmptied(name: string, run: WorkedRun, before: WorkedRun[]): boolean {
  const value = run.stats[name];
  if (typeof value !== 'number' || GOOD_WHEN_NONE.test(name)) return false;
  const fuller = before.filter(({ stats }) => Number(stats[name]) > value * EMPTIER_TIMES);
  return fuller.length >= before.length * MOST_SHARE;
}

const median = (sorted: number[]): number => {
  const middle = sorted.length / 2;
  const [low = 0, high = 0] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return Math.round((low + high) / 2);
};
