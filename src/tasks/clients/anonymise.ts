import { sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { rowsOf } from '../../db/client.js';
import { unlessDeadlocked } from '../../db/deadlock.js';
import { sqlTime } from '../../db/moments.js';
import { AppError } from '../../errors.js';
import { boundLockWaits } from '../accounts/claim.js';
import { eraseEmptyCompany, eraseUser } from '../accounts/erase.js';
import { type ErasureStore, recordErasure } from '../accounts/erasures.js';
import { oneOf } from '../accounts/rules.js';
import { removeStripeCustomer } from '../accounts/stripe-customer.js';
import { findTraces, type Traces } from '../accounts/traces.js';
import { eachCompany, lockCompany } from './companies.js';
import type { ArchiveContext, ArchiveRun, Company } from './model.js';
import { callBack, removeExport } from './restore.js';
import { isReachable, mayBeAnonymised, momentOf } from './states.js';

/**
 * Erases its people one by one, as if each had asked for it, and with the last the company; then its export. What never
 * goes: billing documents, payments and subscriptions, and figures, which name nobody.
 */
export async function anonymiseDue(run: ArchiveRun, erasures: ErasureStore): Promise<void> {
  const { context, tally } = run;
  const state = mayBeAnonymised(momentOf(context));
  let found: { batch: Company[]; traces: Promise<Traces> } | undefined;
  await eachCompany(run, state, { needsStorage: true }, async ({ id, name }, batch) => {
    if (context.dryRun) {
      context.would(name, { step: 'anonymise', company: id });
      tally.anonymised += 1;
      return;
    }
    // Every mail is read for it: once for many.
    if (found?.batch !== batch) found = { batch, traces: tracesOf(context, batch) };
    await anonymise(run, id, { erasures, traces: await found.traces });
  });
}

async function tracesOf({ db }: ArchiveContext, batch: Company[]): Promise<Traces> {
  const ids = batch.map(({ id }) => id);
  const people = await db.rows<{ id: string }>(
    sql`select id from cronhook.users where company_id in ${oneOf(ids, 'uuid')}`,
  );
  return findTraces(
    db.rows,
    people.map(({ id }) => id),
  );
}

/** Exports of companies that are anonymised, by whomever: their keys stay until they are gone. */
export async function forgetExports(run: ArchiveRun): Promise<void> {
  const { context } = run;
  const left = sql`(company.status = 'anonymized' and company.archive_key is not null)`;
  await eachCompany(run, left, { needsStorage: true }, async (company) => {
    if (context.dryRun) context.would(company.id, { step: 'remove the export' });
    else await forget(context, company);
  });
}

async function anonymise(
  run: ArchiveRun,
  companyId: string,
  { erasures, traces }: { erasures: ErasureStore; traces: Traces },
): Promise<void> {
  const { context, tally } = run;
  const people = await claim(context, companyId);
  if (!people) return;
  const stripe = { stripe: context.stripe, rows: context.db.rows };
  for (const userId of people) await removeStripeCustomer(userId, stripe, context.signal);
  for (const userId of people) {
    context.signal.throwIfAborted();
    await unlessDeadlocked(() => erasePerson(context, userId, traces));
  }
  const finished = await finish(context, companyId);
  if (finished) tally[finished.end] += 1;
  if (finished?.end === 'restored') run.back.add(companyId);
  await erasures.storePending();
  if (finished?.end === 'anonymised') await forget(context, finished.company);
  else if (finished?.company.archiveKey) await removeExport(run, finished.company.archiveKey);
}

/**
 * The point of no return: whoever is claimed is erased, by this run, the next, or the task `account-deletions`.
 * @returns the people of the company; undefined when it is not due any more
 */
function claim(context: ArchiveContext, companyId: string): Promise<string[] | undefined> {
  return context.db.write(async (tx) => {
    if (!(await lockCompany(tx, companyId, sql`true`))) return undefined;
    const people = await rowsOf<{ id: string; customer: string | null }>(
      tx,
      sql`
        select id, stripe_customer_id as customer from cronhook.users
        where company_id = ${companyId}::uuid order by id for update
      `,
    );
    // Once nobody can log in any more: who did so while the locks were waited for is seen.
    const moment = momentOf(context);
    if (!(await lockCompany(tx, companyId, mayBeAnonymised(moment)))) return undefined;
    // Without Stripe it could not be finished.
    if (!context.stripe && people.some(({ customer }) => customer))
      throw new AppError('not_configured', (t) => t.archiving.stripeMissing);
    await tx.execute(sql`
      update cronhook.users set deletion_started_at = ${sqlTime(moment.now)}
      where company_id = ${companyId}::uuid and deletion_started_at is null
    `);
    return people.map(({ id }) => id);
  });
}

function erasePerson(context: ArchiveContext, userId: string, traces: Traces): Promise<void> {
  const { db, messages, vault, site } = context;
  return db.write(async (tx) => {
    await boundLockWaits(tx);
    const now = context.now();
    const tools = { messages, adminEmail: site.adminEmail, vault, now, traces };
    const erased = await eraseUser(tx, userId, { ...tools, claimed: true, mayCloseCompany: true });
    if (!erased) return;
    const { closesCompany } = erased.subject;
    const erasure = { id: uuidv7(), userId, deletedAt: now.toISOString(), companyClosed: closesCompany };
    await recordErasure(tx, erasure, { counts: erased.counts, storedAt: null });
  });
}

interface Finished {
  company: Company;
  end: 'anonymised' | 'restored';
}

const HAS_PEOPLE = sql`exists (select from cronhook.users where company_id = company.id)`;

/**
 * A company without people is closed here, others went with their last member; one that somebody has joined meanwhile
 * is theirs from now on.
 * @returns undefined when it was called back
 */
function finish(context: ArchiveContext, companyId: string): Promise<Finished | undefined> {
  const { db, messages, site } = context;
  return db.write(async (tx) => {
    const moment = momentOf(context);
    const gone = await lockCompany(tx, companyId, sql`company.status = 'anonymized'`);
    if (gone) return { company: gone, end: 'anonymised' };
    const empty = await lockCompany(tx, companyId, sql`not ${HAS_PEOPLE} and ${mayBeAnonymised(moment)}`);
    const tools = { messages, adminEmail: site.adminEmail, now: moment.now };
    if (empty && (await eraseEmptyCompany(tx, companyId, tools)))
      return { company: empty, end: 'anonymised' };
    const joined = sql`company.status = 'archived' and ${HAS_PEOPLE} and ${isReachable}`;
    const company = await lockCompany(tx, companyId, joined);
    if (!company) return undefined;
    await callBack(tx, companyId, moment);
    return { company, end: 'restored' };
  });
}

/** First the object, then its key: killed in between, the next run finds the key, and removing again is no error. */
async function forget({ storage, db, log }: ArchiveContext, { id, archiveKey }: Company): Promise<void> {
  if (!archiveKey) return;
  await storage.remove(archiveKey);
  await db.write((tx) =>
    tx.execute(sql`
      update cronhook.companies set archive_key = null
      where id = ${id}::uuid and status = 'anonymized' and archive_key = ${archiveKey}
    `),
  );
  log.info({ companyId: id }, 'a company is anonymised and its export removed');
}
