import { type BackupSet, takeInventory } from '../backups/inventory.js';
import { ofDatabase, rotate } from '../backups/rotate.js';
import { keptBy, type Rule } from '../backups/rotation.js';
import { openSnapshot } from '../backups/snapshot.js';
import { AppError, describeError } from '../errors.js';
import { formatBytes } from '../messages/format.js';
import { exitWith } from '../process.js';
import { keepRules } from '../services.js';
import { withStorage } from './backup-storage.js';
import { withContext } from './context.js';
import { type JsonOption, print, printJson, table } from './table.js';
import { localTime } from './time.js';

/** Every complete set under the prefix, newest first; needs nothing but the storage. */
export const backupsListCommand = ({ json }: JsonOption): Promise<void> =>
  withStorage(async ({ storage, config, messages }) => {
    const { sets, damaged } = await takeInventory(storage, config.BACKUP_PREFIX);
    for (const { stem } of damaged) {
      process.stderr.write(`${messages.backups.set.lost(stem)}\n`);
      process.exitCode = 1;
    }
    const rules = rulesOf(sets, (own) => keptBy(own, keepRules(config), new Date()));
    const of = (set: BackupSet) => rules.get(set) ?? [];
    if (json) return printJson(sets.map((set) => describe(set, of(set))));
    if (sets.length === 0) return print(`No complete backup under ${config.BACKUP_PREFIX}/\n`);
    const several = new Set(sets.map(({ manifest }) => manifest.database.id)).size > 1;
    const zone = config.TIMEZONE;
    print(
      table(
        ['WHEN', 'KEY', ...(several ? ['DATABASE'] : []), 'SIZE', 'COMPRESSED', 'KEPT BY', 'VERIFIED'],
        sets.map((set) => [
          localTime(set.startedAt.toISOString(), zone),
          set.stem,
          ...(several ? [set.manifest.database.name] : []),
          formatBytes(set.manifest.sizeBytes, 'en'),
          formatBytes(set.manifest.compressedBytes, 'en'),
          of(set).join(', ') || 'none: the next rotation removes it',
          verificationOf(set, zone),
        ]),
      ),
    );
  });

/** Each database rotates by itself. */
function rulesOf(sets: BackupSet[], rules: (own: BackupSet[]) => Map<BackupSet, Rule[]>) {
  const ids = new Set(sets.map(({ manifest }) => manifest.database.id));
  return new Map([...ids].flatMap((id) => [...rules(ofDatabase(sets, id))]));
}

function verificationOf({ verification, verified }: BackupSet, zone: string): string {
  if (!verification) return 'never';
  if (verification.failure) return `failed ${localTime(verification.failure.at, zone)}`;
  return verified
    ? localTime(verification.verifiedAt, zone)
    : `checksum only ${localTime(verification.checksumAt, zone)}`;
}

function describe({ stem, manifest, verification, verified }: BackupSet, rules: Rule[]) {
  const { startedAt, database, sizeBytes, compressedBytes, encryption, serverVersion } = manifest;
  const what = { database, serverVersion, sizeBytes, compressedBytes, encryption };
  return { key: stem, startedAt, ...what, keptBy: rules, verified, verification: verification ?? null };
}

/** The rotation that comes after each backup, without one. */
export const backupsPruneCommand = ({ dryRun = false }: { dryRun?: boolean }): Promise<void> =>
  withContext(
    async ({ services, messages, scrub, now }) => {
      const { storage, backups } = services;
      if (!storage || !backups) exitWith('There is no storage to look at: set S3_BUCKET');
      const complain = (error: unknown, about = '') => {
        process.stderr.write(`${scrub(about + describeError(error, messages))}\n`);
        process.exitCode = 1;
      };
      const tell = {
        removing: (stem: string, why: string[]) =>
          print(`${dryRun ? 'would remove' : 'removing'} ${stem} (${why.join('; ')})\n`),
        failed: (key: string, error: unknown) => complain(error, `${key}: `),
      };
      try {
        const snapshot = await openSnapshot(backups.url);
        await snapshot.close();
        const databaseId = snapshot.database.id;
        const tally = await rotate({ storage, settings: backups, databaseId, now: now(), dryRun, tell });
        print(
          `${tally.kept} backup(s) kept, ${tally.removed} ${dryRun ? 'would go' : 'removed'}, ` +
            `${tally.leftovers} unfinished ${dryRun ? 'would go' : 'removed'}\n`,
        );
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        complain(error);
      }
    },
    { without: ['CRON_SECRET'] },
  );
