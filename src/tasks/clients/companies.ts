import { type SQL, sql } from 'drizzle-orm';
import { rowsOf, type Transaction } from '../../db/client.js';
import { AppError } from '../../errors.js';
import { boundLockWaits } from '../accounts/claim.js';
import type { ArchiveContext, ArchiveRun, Company } from './model.js';

const BATCH = 100;
const LOCK_CODES = ['55P03', '40P01'];

/** Works on the companies of a state, one after the other; one that fails does not stop the others. */
export async function eachCompany(
  run: ArchiveRun,
  state: SQL,
  { needsStorage = false }: { needsStorage?: boolean },
  work: (company: Company) => Promise<void>,
): Promise<void> {
  const { context } = run;
  const stopped = () => context.outOfTime() || (needsStorage && run.storageAway);
  for await (const companies of companiesIn(context, state)) {
    await context.each(companies, { concurrency: 1, name: ({ id }) => id }, async (company) => {
      if (stopped()) return;
      try {
        await work(company);
      } catch (error) {
        run.storageAway ||= error instanceof AppError && error.away === 'storage';
        throw lockProblem(error);
      }
    });
    if (stopped()) return;
    context.progress({ ...run.tally });
  }
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
