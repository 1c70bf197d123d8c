import { type SQL, sql } from 'drizzle-orm';
import { digested, gzipped } from '../../backups/pipes.js';
import { encryptFor } from '../../clients/age.js';
import { rowsOf } from '../../db/client.js';
import { sqlTime } from '../../db/moments.js';
import { archiveKey, DATABASE_METADATA, databaseId } from './archive-keys.js';
import { checkExport, type WrittenExport } from './check-export.js';
import { eachCompany, lockCompany } from './companies.js';
import { exportCompany, type RowCounts } from './export.js';
import type { ArchiveContext, ArchiveRun, Company } from './model.js';
import { lacksExport, type Moment, mayBeArchived, momentOf } from './states.js';

const SIDE_BY_SIDE = 4;
/** How often it is looked whether the run should end. */
const LOOK_MS = 250;

/** All data of the company to the storage, read back and checked; only then the status changes. */
export async function archiveDue(run: ArchiveRun): Promise<void> {
  const { context, tally } = run;
  const pass = { needsStorage: true, smallestFirst: true, sideBySide: SIDE_BY_SIDE };
  await eachCompany(run, mayBeExported(momentOf(context)), pass, async (company) => {
    const isArchived = company.status === 'archived';
    const step = isArchived ? 'write the export anew' : 'archive';
    if (context.dryRun) context.would(company.name, { step, company: company.id });
    else if (!(await archive(context, company))) return;
    tally[isArchived ? 'renewed' : 'archived'] += 1;
  });
}

const mayBeExported = (moment: Moment): SQL => sql`(${mayBeArchived(moment)} or ${lacksExport(moment)})`;

/** @returns false when somebody came back meanwhile, or it would have taken longer than there is time */
async function archive(context: ArchiveContext, { id }: Company): Promise<boolean> {
  const { storage, backups, log } = context;
  const key = archiveKey(id, context.now(), backups?.recipient !== undefined);
  const people = await peopleOf(context, id);
  const time = timeLeft(context);
  try {
    const written = await writeExport(context, { key, companyId: id, signal: time.signal });
    await checkExport(storage, written, { identity: backups?.identity, signal: time.signal });
  } catch (error) {
    await storage.remove(key).catch((err) => log.warn({ err, key }, 'an export that failed stays for now'));
    if (!time.isOver()) throw error;
    log.warn(
      { companyId: id },
      'an export takes longer than the time that was left: the next run tries again',
    );
    return false;
  } finally {
    time.end();
  }
  // Should this fail, nobody knows whether it was written down: the next run's sweep does.
  const isArchived = await writeDown(context, { companyId: id, key, people });
  if (!isArchived) await storage.remove(key);
  return isArchived;
}

/** Whoever is erased while the export is written stands in it: then it is none. */
const people = sql`(select string_agg(id::text, ',' order by id) from cronhook.users where company_id = company.id)`;

async function peopleOf({ db }: ArchiveContext, companyId: string): Promise<string | null> {
  const [row] = await db.rows<{ people: string | null }>(
    sql`select md5(${people}) as people from cronhook.companies company where company.id = ${companyId}::uuid`,
  );
  return row?.people ?? null;
}

/** Ends what takes too long a moment before the run itself is cut off. */
function timeLeft({ signal, outOfTime }: ArchiveContext) {
  const late = new AbortController();
  const timer = setInterval(() => outOfTime() && late.abort(), LOOK_MS);
  return {
    signal: AbortSignal.any([signal, late.signal]),
    isOver: () => late.signal.aborted && !signal.aborted,
    end: () => clearInterval(timer),
  };
}

async function writeExport(
  context: ArchiveContext,
  { key, companyId, signal }: { key: string; companyId: string; signal: AbortSignal },
): Promise<WrittenExport> {
  const { db, storage, backups, now } = context;
  let rows: RowCounts = {};
  const onEnd = (counts: RowCounts) => {
    rows = counts;
  };
  const compressed = gzipped(exportCompany(companyId, { db, now: now(), signal, onEnd }));
  const encrypted = backups?.recipient !== undefined;
  const { bytes, digest } = digested(
    encrypted ? encryptFor(backups.recipient ?? '', compressed) : compressed,
  );
  await storage.upload(key, bytes, {
    contentType: encrypted ? 'application/octet-stream' : 'application/gzip',
    metadata: { [DATABASE_METADATA]: await databaseId(db) },
    signal,
  });
  return { key, companyId, bytes: digest.bytes, sha256: digest.sha256(), rows, encrypted };
}

interface Proven {
  companyId: string;
  key: string;
  people: string | null;
}

function writeDown(context: ArchiveContext, proven: Proven): Promise<boolean> {
  return context.db.write(async (tx) => {
    const moment = momentOf(context);
    const state = sql`${mayBeExported(moment)} and md5(${people}) is not distinct from ${proven.people}::text`;
    if (!(await lockCompany(tx, proven.companyId, state))) return false;
    const archived = await rowsOf(
      tx,
      sql`
        update cronhook.companies set archive_key = ${proven.key}, status = 'archived',
          previous_status = case when status = 'archived' then previous_status else status end,
          archived_at = case when status = 'archived' then archived_at else ${sqlTime(moment.now)} end
        where id = ${proven.companyId}::uuid returning 1
      `,
    );
    return archived.length > 0;
  });
}
