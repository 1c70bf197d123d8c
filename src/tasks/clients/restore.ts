import { sql } from 'drizzle-orm';
import type { Transaction } from '../../db/client.js';
import { eachCompany, lockCompany } from './companies.js';
import type { ArchiveRun, Company } from './model.js';
import { isBack, type Moment, momentOf, restoredStatus } from './states.js';

/** Whoever shows life gets the old status back; the export goes, for the data lives on. */
export async function restoreLiving(run: ArchiveRun): Promise<void> {
  const { context, tally } = run;
  await eachCompany(run, isBack(momentOf(context)), {}, async (company) => {
    const { id, name, status } = company;
    const step = status === 'archived' ? 'restore' : 'stop asking';
    if (context.dryRun) context.would(name, { step, company: id });
    const found = context.dryRun ? company : await restore(run, id);
    if (!found) return;
    tally[found.status === 'archived' ? 'restored' : 'returned'] += 1;
    if (context.dryRun) return;
    context.log.info({ companyId: id, step }, 'a company is back');
    // What cannot be removed now, the sweep removes.
    if (found.archiveKey && !run.storageAway) await context.storage.remove(found.archiveKey);
  });
}

function restore({ context }: ArchiveRun, companyId: string): Promise<Company | undefined> {
  return context.db.write(async (tx) => {
    const moment = momentOf(context);
    const company = await lockCompany(tx, companyId, isBack(moment));
    if (company) await callBack(tx, companyId, moment);
    return company;
  });
}

/** As if it had never been asked. */
export async function callBack(tx: Transaction, companyId: string, { now }: Moment): Promise<void> {
  await tx.execute(sql`
    update cronhook.companies company set status = ${restoredStatus(now)}, previous_status = null,
      reactivation_asked_at = null, archive_key = null, archived_at = null
    where company.id = ${companyId}::uuid
  `);
}
