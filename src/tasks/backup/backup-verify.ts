import { z } from 'zod';
import { findSet } from '../../backups/find-set.js';
import { type BackupSet, type DamagedSet, takeInventory } from '../../backups/inventory.js';
import { ofDatabase } from '../../backups/rotate.js';
import { sweepScratches } from '../../backups/scratch.js';
import { openSnapshot } from '../../backups/snapshot.js';
import { verifySet } from '../../backups/verify.js';
import { AppError } from '../../errors.js';
import { type Capabilities, defineTask, type RunContext } from '../define.js';

const TIMEOUT_MS = 7_200_000;
/** Clocks differ, and a run that was told to stop takes a while to do so. */
const MARGIN_MS = 600_000;

export const backupVerify = defineTask({
  name: 'backup-verify',
  path: '/backups/verify',
  schedule: '0 5 1 * *',
  product: 'atlas',
  alsoOf: ['talos'],
  summary:
    'Restore the newest backup, or the one that key names, into a scratch database and compare its rows',
  success: (t) => t.tasks['backup-verify'].success,
  timeoutMs: TIMEOUT_MS,
  needs: ['db', 'storage', 'backups', 'programs', 'verifyServer'],
  input: z.object({ key: z.string().max(1024).optional() }),
  async run(context) {
    const { db, now, backups, dryRun, would, log, verifyServer } = context;
    const set = await chooseSet(context);
    const { sizeBytes, compressedBytes } = set.manifest;
    if (dryRun) {
      would(set.stem, { action: 'verify', sizeBytes, compressedBytes });
      return { key: set.stem };
    }
    const before = new Date(now().getTime() - TIMEOUT_MS - MARGIN_MS);
    await sweepScratches(verifyServer, before).catch((err) =>
      log.warn({ err }, 'old scratch databases stay'),
    );
    const { check, tables, rows } = await verifySet(set, {
      ...context,
      identity: backups.identity,
      warn: (err, text) => log.warn({ err }, text),
      stillOurs: () => db.write(async () => {}),
    });
    return { key: set.stem, check, verified: check === 'restored', tables, rows, sizeBytes, compressedBytes };
  },
});

type VerifyContext = RunContext<{ key?: string | undefined }> & Pick<Capabilities, 'storage' | 'backups'>;

/** The set that the call names, of whichever database; else the newest of this one. */
async function chooseSet({ storage, backups, input, signal }: VerifyContext): Promise<BackupSet> {
  const { key } = input;
  const { sets, damaged } = await takeInventory(storage, backups.prefix);
  if (key !== undefined) {
    const named = findSet(sets, key);
    if (named) return named;
    const lost = findSet(damaged, key);
    throw lost
      ? damagedSet(lost)
      : new AppError('invalid_parameters', (t) => t.backups.verify.unknownSet(key));
  }
  const snapshot = await openSnapshot(backups.url, { signal });
  await snapshot.close();
  const { id } = snapshot.database;
  const [newest] = ofDatabase(sets, id);
  // A set that nobody can restore must not be passed over in silence.
  const lost = ofDatabase(damaged, id).find(({ startedAt }) => !newest || startedAt > newest.startedAt);
  if (lost) throw damagedSet(lost);
  if (newest) return newest;
  throw new AppError('not_found', (t) => t.backups.verify.nothing(backups.prefix));
}

const damagedSet = ({ stem }: DamagedSet): AppError =>
  new AppError('unprocessable', (t) => t.backups.set.lost(stem), { permanent: true });
