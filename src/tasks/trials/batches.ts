import { type SQL, sql } from 'drizzle-orm';
import { rowsOf, type Transaction } from '../../db/client.js';
import { anyOf } from '../../db/ids.js';
import { brokenTable, refusalCode } from '../../db/table-problem.js';
import { AppError, isDatabaseUnavailable } from '../../errors.js';
import { boundLockWaits } from '../accounts/claim.js';
import { countTrials, findIds, findTrials } from './find.js';
import type { Trial, TrialContext } from './model.js';

/** Companies that are read together. */
const BATCH_SIZE = 100;
const FIRST = '00000000-0000-0000-0000-000000000000';
/** Of the application, which works on. */
const LOCK_WAIT = '2s';
/** Lock not available, deadlock. */
const HELD = ['55P03', '40P01'];

type Counts<Tally> = Record<keyof Tally, number>;
type Count<Tally> = (done: Partial<Tally>) => void;

interface Batches<Tally> {
  /** Which companies are due. */
  due: SQL;
  /** What a dry run says of each, and counts. */
  foresee(trial: Trial): Partial<Tally>;
  /** Works on some of the companies that are due, if they still are, and counts what it did. */
  work(tx: Transaction, ids: string[]): Promise<Partial<Tally>>;
  /** So many companies side by side, each in a transaction of its own; otherwise they share one. */
  apart?: number;
  /** What a company counts as of which somebody else holds a row; otherwise that is an error. */
  busy?: Partial<Tally>;
}

/**
 * Goes once through all companies that are due.
 * @returns how many are left for the next call
 */
export async function inBatches<Tally extends Counts<Tally>>(
  context: TrialContext,
  tally: Tally,
  batches: Batches<Tally>,
): Promise<number> {
  const { db, dryRun } = context;
  const count: Count<Tally> = (done) => {
    for (const key of Object.keys(done) as (keyof Tally)[])
      tally[key] = ((tally[key] ?? 0) + (done[key] ?? 0)) as Tally[keyof Tally];
  };
  for (let after = FIRST; ; ) {
    if (context.outOfTime()) return countLeft(context, batches.due, after);
    const page = await db.rows<{ id: string }>(findIds(batches.due, after, BATCH_SIZE));
    const last = page.at(-1);
    if (!last) return 0;
    const ids = page.map(({ id }) => id);
    if (dryRun) for (const trial of await stillDue(context, batches.due, ids)) count(batches.foresee(trial));
    else await workOn(context, ids, batches, count);
    after = last.id;
  }
}

async function countLeft({ db }: TrialContext, due: SQL, after: string): Promise<number> {
  const [row] = await db.rows<{ count: number }>(countTrials(due, after));
  return row?.count ?? 0;
}

const stillDue = ({ db }: TrialContext, due: SQL, ids: string[]): Promise<Trial[]> =>
  db.rows<Trial>(findTrials(sql`company.id = ${anyOf(ids)} and ${due}`));

/** Together, where that may be; when it fails each alone, so that one company does not keep the others back. */
async function workOn<Tally>(
  context: TrialContext,
  ids: string[],
  batches: Batches<Tally>,
  count: Count<Tally>,
): Promise<void> {
  if (batches.apart !== undefined) return await eachAlone(context, ids, batches, count);
  try {
    count(await together(context, ids, batches.work));
  } catch (error) {
    if (context.signal.aborted || isDatabaseUnavailable(error) || brokenTable(error)) throw error;
    context.log.warn(
      { err: error, companies: ids.length },
      'a batch failed: its companies are tried one by one',
    );
    await eachAlone(context, ids, batches, count);
  }
}

async function eachAlone<Tally>(
  context: TrialContext,
  ids: string[],
  { work, busy, apart = 1 }: Batches<Tally>,
  count: Count<Tally>,
): Promise<void> {
  let hopeless: unknown;
  await context.each(ids, { concurrency: apart, name: (id) => id }, async (id) => {
    if (hopeless !== undefined) return;
    try {
      count(await together(context, [id], work));
    } catch (error) {
      // No other company would fare better.
      if (brokenTable(error)) hopeless = error;
      else if (busy && isHeld(error)) count(busy);
      else throw lockProblem(error);
    }
  });
  if (hopeless !== undefined) throw hopeless;
}

const together = <Result>(
  { db }: TrialContext,
  ids: string[],
  work: (tx: Transaction, ids: string[]) => Promise<Result>,
): Promise<Result> =>
  db.write(async (tx) => {
    await boundLockWaits(tx, LOCK_WAIT);
    return work(tx, ids);
  });

const isHeld = (error: unknown): boolean => HELD.includes(refusalCode(error) ?? '');

const lockProblem = (error: unknown): unknown =>
  isHeld(error) ? new AppError('unprocessable', (t) => t.trials.locked, { cause: error }) : error;

/** The trials among `ids` that `wanted` still holds for, as this transaction sees them. */
export const trialsIn = (tx: Transaction, ids: string[], wanted: SQL): Promise<Trial[]> =>
  rowsOf<Trial>(tx, findTrials(sql`company.id = ${anyOf(ids)} and ${wanted}`));

/** Whoever writes to a company right now may be making a customer of it: it is left to the next call. */
export async function lockFree(tx: Transaction, ids: string[]): Promise<string[]> {
  const locked = await rowsOf<{ id: string }>(
    tx,
    sql`select id from cronhook.companies company where id = ${anyOf(ids)} order by id for update skip locked`,
  );
  return locked.map(({ id }) => id);
}
