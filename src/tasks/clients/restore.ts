import { sql } from 'drizzle-orm';
import { rowsOf, type Transaction } from '../../db/client.js';
import { sqlTime } from '../../db/moments.js';
import { unconverted } from '../../db/trials.js';
import { AppError } from '../../errors.js';
import { eachCompany, lockCompany } from './companies.js';
import type { ArchiveRun, Company } from './model.js';
import { isBack, type Moment, momentOf, restoredStatus, trialHasEnded } from './states.js';

/** Whoever shows life gets the old status back; the export goes, for the data lives on. */
export async function restoreLiving(run: ArchiveRun): Promise<void> {
  const { context, tally } = run;
  await eachCompany(run, isBack(momentOf(context)), {}, async (company) => {
    const { id, name, status } = company;
    const step = status === 'archived' ? 'restore' : 'stop asking';
    if (context.dryRun) context.would(name, { step, company: id });
    const found = context.dryRun ? company : await restore(run, id);
    if (!found) return;
    run.back.add(id);
    tally[found.status === 'archived' ? 'restored' : 'returned'] += 1;
    if (context.dryRun) return;
    context.log.info({ companyId: id, step }, 'a company is back');
    if (found.archiveKey && !run.storageAway) await removeExport(run, found.archiveKey);
  });
}

/** What cannot be removed now, the sweep removes. */
export async function removeExport(run: ArchiveRun, key: string): Promise<void> {
  try {
    await run.context.storage.remove(key);
  } catch (error) {
    run.storageAway = error instanceof AppError && error.away === 'storage';
    run.context.fail('storage', error);
  }
}

function restore({ context }: ArchiveRun, companyId: string): Promise<Company | undefined> {
  return context.db.write(async (tx) => {
    const moment = momentOf(context);
    const company = await lockCompany(tx, companyId, isBack(moment));
    if (company) await callBack(tx, companyId, moment);
    return company;
  });
}

/** As if it had never been asked; a trial that has ended meanwhile ends as the task `trials-expire` ends it. */
export async function callBack(tx: Transaction, companyId: string, { now }: Moment): Promise<void> {
  const ended = await rowsOf(
    tx,
    sql`select from cronhook.companies company
      where company.id = ${companyId}::uuid and ${trialHasEnded(now)} and ${unconverted(now)}`,
  );
  if (ended.length > 0) await endAccess(tx, companyId, now);
  await tx.execute(sql`
    update cronhook.companies company set status = ${restoredStatus(now)}, previous_status = null,
      reactivation_asked_at = null, archive_key = null, archived_at = null
    where company.id = ${companyId}::uuid
  `);
}

async function endAccess(tx: Transaction, companyId: string, now: Date): Promise<void> {
  await tx.execute(sql`
    update cronhook.users set disabled_at = ${sqlTime(now)}
    where company_id = ${companyId}::uuid and disabled_at is null
  `);
  await tx.execute(sql`
    delete from cronhook.sessions
    where user_id in (select id from cronhook.users where company_id = ${companyId}::uuid)
  `);
  await tx.execute(sql`delete from cronhook.trial_contacts where company_id = ${companyId}::uuid`);
}
