import { sql } from 'drizzle-orm';
import { digested, gzipped } from '../../backups/pipes.js';
import { encryptFor } from '../../clients/age.js';
import { rowsOf } from '../../db/client.js';
import { at } from '../../db/signs-of-life.js';
import { archiveKey, DATABASE_METADATA, databaseId } from './archive-keys.js';
import { checkExport, type WrittenExport } from './check-export.js';
import { eachCompany, lockCompany } from './companies.js';
import { exportCompany, type RowCounts } from './export.js';
import type { ArchiveContext, ArchiveRun } from './model.js';
import { mayBeArchived, momentOf } from './states.js';

/** All data of the company to the storage, read back and checked; only then the status changes. */
export async function archiveDue(run: ArchiveRun): Promise<void> {
  const { context, tally } = run;
  const state = mayBeArchived(momentOf(context));
  await eachCompany(run, state, { needsStorage: true }, async ({ id, name }) => {
    if (context.dryRun) context.would(name, { step: 'archive', company: id });
    else if (!(await archive(context, id))) return;
    tally.archived += 1;
  });
}

/** @returns false when somebody came back meanwhile */
async function archive(context: ArchiveContext, companyId: string): Promise<boolean> {
  const { storage, backups, signal, log } = context;
  const key = archiveKey(companyId, context.now(), backups?.recipient !== undefined);
  try {
    const written = await writeExport(context, companyId, key);
    await checkExport(storage, written, { identity: backups?.identity, signal });
  } catch (error) {
    await storage.remove(key).catch((err) => log.warn({ err, key }, 'an export that failed stays for now'));
    throw error;
  }
  // Should this fail, nobody knows whether it was written down: the next run's sweep does.
  const isArchived = await writeDown(context, companyId, key);
  if (!isArchived) await storage.remove(key);
  return isArchived;
}

async function writeExport(context: ArchiveContext, companyId: string, key: string): Promise<WrittenExport> {
  const { db, storage, backups, signal, now } = context;
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

function writeDown(context: ArchiveContext, companyId: string, key: string): Promise<boolean> {
  return context.db.write(async (tx) => {
    const moment = momentOf(context);
    if (!(await lockCompany(tx, companyId, mayBeArchived(moment)))) return false;
    const archived = await rowsOf(
      tx,
      sql`
        update cronhook.companies set previous_status = status, status = 'archived', archive_key = ${key},
          archived_at = ${at(moment.now)}
        where id = ${companyId}::uuid returning 1
      `,
    );
    return archived.length > 0;
  });
}
