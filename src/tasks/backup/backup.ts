import { z } from 'zod';
import { type RotationTally, rotate } from '../../backups/rotate.js';
import { openSnapshot } from '../../backups/snapshot.js';
import { type WrittenSet, writeSet } from '../../backups/write-set.js';
import { deliver } from '../../messages/delivery.js';
import { type Capabilities, defineTask, type RunContext } from '../define.js';
import { unlessItFails } from '../unless-it-fails.js';
import { NAME, tellOfBackup } from './tell.js';

export const backup = defineTask({
  name: NAME,
  path: '/backups/database',
  schedule: '30 * * * *',
  product: 'atlas',
  alsoOf: ['talos'],
  summary: 'Dump the database to the storage, and remove the backups that no rule keeps',
  success: (t) => t.tasks.backup.success,
  timeoutMs: 3_600_000,
  needs: ['db', 'storage', 'backups', 'programs'],
  uses: ['mail', 'vault'],
  input: z.object({}),
  async run(context) {
    if (context.dryRun) return plan(context);
    const set = await writeSet({ ...context, stillOurs: () => context.db.write(async () => {}) });
    // The backup is made: what fails from here on is told, and takes nothing from it.
    const tally = await rotateAfter(context, set.manifest.database.id);
    await unlessItFails(context, 'mail', async () => {
      await tellOfBackup(context, set);
      await deliver(context, { task: NAME });
    });
    return { ...statsOf(set), ...tally };
  },
});

type BackupContext = RunContext<unknown> &
  Pick<Capabilities, 'db' | 'storage' | 'backups' | 'programs'> &
  Partial<Pick<Capabilities, 'mail' | 'vault'>>;

/** Looks at everything that a backup stands on, and at what the rotation after it would remove. */
async function plan(context: BackupContext) {
  const { backups, programs, signal, would, now } = context;
  const snapshot = await openSnapshot(backups.url, { schemas: backups.schemas, signal });
  try {
    const program = await programs.find('pg_dump', snapshot.serverMajor);
    const { database, sizeBytes, serverVersion } = snapshot;
    const action = { action: 'back up', databaseBytes: sizeBytes, serverVersion, pgDump: program.version };
    would(database.name, action);
    const tally = await rotateAfter(context, database.id, now());
    return { databaseBytes: sizeBytes, ...tally };
  } finally {
    await snapshot.close();
  }
}

async function rotateAfter(
  context: BackupContext,
  databaseId: string,
  planned?: Date,
): Promise<RotationTally> {
  const { storage, backups, now, dryRun, signal, log, would, fail } = context;
  const removing = (stem: string, why: string[]) => {
    if (dryRun) would(stem, { action: 'remove', why });
    else log.info({ stem, why }, 'removing what no rule keeps');
  };
  const options = { storage, settings: backups, databaseId, planned, now: now(), dryRun, signal };
  const tally = await unlessItFails(context, 'rotation', () =>
    rotate({ ...options, tell: { removing, failed: fail } }),
  );
  return tally ?? { kept: 0, removed: 0, leftovers: 0 };
}

function statsOf({ stem, manifest }: WrittenSet) {
  const tables = Object.values(manifest.tables);
  return {
    key: stem,
    sizeBytes: manifest.sizeBytes,
    compressedBytes: manifest.compressedBytes,
    tables: tables.length,
    rows: tables.reduce((sum, rows) => sum + rows, 0),
    anomalies: manifest.anomalies.length,
  };
}
