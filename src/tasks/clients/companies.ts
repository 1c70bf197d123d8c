import { type SQL, sql } from 'drizzle-orm';
import { rowsOf, type Transaction } from '../../db/client.js';
import { AppError } from '../../errors.js';
import { boundLockWaits } from '../accounts/claim.js';
import type { ArchiveContext, ArchiveRun, Company } from './model.js';

const BATCH = 100;
/** Whoever is to come first of all must be looked for among all: larger batches look less often. */
const SORTED_BATCH = 1_000;
const LOCK_CODES = ['55P03', '40P01'];

interface Pass {
  needsStorage?: boolean;
  sideBySide?: number;
  /** So that one with a million mails costs nobody else their turn, not even the next time. */
  smallestFirst?: boolean;
}

/** Works on the companies of a state; one that fails does not stop the others. */
export async function eachCompany(
  run: ArchiveRun,
  state: SQL,
  { needsStorage = false, sideBySide = 1, smallestFirst = false }: Pass,
  work: (company: Company, batch: Company[]) => Promise<void>,
): Promise<void> {
  const { context, tally } = run;
  const stopped = () => context.outOfTime() || (needsStorage && run.storageAway);
  let failed = 0;
  const batches = smallestFirst ? smallestIn(context, state) : companiesIn(context, state);
  for await (const companies of batches) {
    await context.each(companies, { concurrency: sideBySide, name: ({ id }) => id }, async (company) => {
      if (stopped()) return;
      try {
        await work(company, companies);
      } catch (error) {
        const isAway = error instanceof AppError && error.away === 'storage';
        if (isAway && run.storageAway) return;
        run.storageAway ||= isAway;
        failed += 1;
        throw lockProblem(error);
      }
    });
    if (stopped()) break;
    context.progress({ ...tally });
  }
  if (context.outOfTime() && !context.dryRun)
    tally.remaining += Math.max(0, (await countIn(context, state)) - failed);
}

const COLUMNS = sql`company.id, company.name, company.status, company.email,
  company.reactivation_asked_at::text as "askedAt", company.archive_key as "archiveKey"`;

/** By their ids, batch by batch; one that stays in its state is not met twice. */
async function* companiesIn({ db }: ArchiveContext, state: SQL): AsyncGenerator<Company[]> {
  for (let last: string | undefined; ; ) {
    const after = last === undefined ? sql`` : sql`and company.id > ${last}::uuid`;
    const companies: Company[] = await db.rows<Company>(sql`
      select ${COLUMNS} from cronhook.companies company where ${state} ${after}
      order by company.id limit ${BATCH}
    `);
    if (companies.length > 0) yield companies;
    if (companies.length < BATCH) return;
    last = companies.at(-1)?.id;
  }
}

/** By the number of their mails, which are what makes a company large. */
async function* smallestIn({ db }: ArchiveContext, state: SQL): AsyncGenerator<Company[]> {
  for (let last: (Company & { mails: number }) | undefined; ; ) {
    const after = last ? sql`where (mails, id) > (${last.mails}::int, ${last.id}::uuid)` : sql``;
    const companies: (Company & { mails: number })[] = await db.rows(sql`
      with due as (select ${COLUMNS} from cronhook.companies company where ${state})
      select due.*, mails from due cross join lateral (
        select count(*)::int as mails from cronhook.inbox_messages where folder_id in (
          select folder.id from cronhook.inbox_folders folder
          join cronhook.inbox_integrations mailbox on mailbox.id = folder.integration_id
          where mailbox.company_id = due.id
        )
      ) as size ${after} order by mails, id limit ${SORTED_BATCH}
    `);
    if (companies.length > 0) yield companies;
    if (companies.length < SORTED_BATCH) return;
    last = companies.at(-1);
  }
}

async function countIn({ db }: ArchiveContext, state: SQL): Promise<number> {
  const [row] = await db.rows<{ count: number }>(
    sql`select count(*)::int as count from cronhook.companies company where ${state}`,
  );
  return row?.count ?? 0;
}

/**
 * The company if it is in that state still, locked. First the lock, then the look: what somebody else has just changed
 * is seen.
 */
export async function lockCompany(
  tx: Transaction,
  companyId: string,
  state: SQL,
): Promise<Company | undefined> {
  await boundLockWaits(tx);
  await tx.execute(sql`select from cronhook.companies where id = ${companyId}::uuid for update`);
  const [company] = await rowsOf<Company>(
    tx,
    sql`select ${COLUMNS} from cronhook.companies company where company.id = ${companyId}::uuid and ${state}`,
  );
  return company;
}

/** Locks of others are no fault of the program: the next run tries again. */
function lockProblem(error: unknown): unknown {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  const { code } = (cause ?? {}) as { code?: string };
  if (code === undefined || !LOCK_CODES.includes(code)) return error;
  return new AppError('unprocessable', (t) => t.archiving.locked, { cause: error });
}
