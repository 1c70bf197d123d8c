import { readFileSync } from 'node:fs';
import { findSet } from '../backups/find-set.js';
import { type BackupSet, takeInventory } from '../backups/inventory.js';
import { openDump, openExtra } from '../backups/open-set.js';
import { checkTarget, psqlMajorFor, type Restored, restoreDump } from '../backups/restore.js';
import { onTarget } from '../backups/restore-target.js';
import type { Storage } from '../clients/storage.js';
import { unpack } from '../clients/tar.js';
import { postgresUrl } from '../config-fields.js';
import { AppError } from '../errors.js';
import { exitWith } from '../process.js';
import { Secret } from '../secret.js';
import { ERASURES } from '../tasks/accounts/erasures.js';
import { withStorage } from './backup-storage.js';
import { createProgressBar } from './progress-bar.js';
import { print } from './table.js';

interface RestoreFlags {
  to: string;
  force?: boolean;
  identity?: string;
  extraTo?: string;
}

/** Exit code 1, and the database as it was, when anything goes wrong or Ctrl-C comes before the end. */
export const backupsRestoreCommand = (key: string, flags: RestoreFlags): Promise<void> =>
  withStorage(async ({ storage, config, services }) => {
    const url = targetOf(flags.to);
    const identity = flags.identity ? identityIn(flags.identity) : config.BACKUP_AGE_IDENTITY;
    const { sets, damaged } = await takeInventory(storage, config.BACKUP_PREFIX);
    const lost = findSet(damaged, key);
    if (lost) throw new AppError('unprocessable', (t) => t.backups.set.lost(lost.stem));
    const set =
      key === 'latest' ? newest(sets, config.BACKUP_PREFIX) : named(sets, key, config.BACKUP_PREFIX);
    const { manifest } = set;
    const target = { manifest, url, replace: flags.force ?? false };
    const program = await services.programs.find('psql', psqlMajorFor(manifest));
    await checkTarget(target);
    const stop = new AbortController();
    const interrupt = () => stop.abort(new Error('interrupted'));
    process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
    process.stderr.write(`Restoring ${set.stem} into ${describe(url)}\n`);
    const bar = createProgressBar(manifest.compressedBytes, process.stderr);
    const onBytes = (bytes: number) => {
      bar.update(bytes);
      if (bytes === manifest.compressedBytes) bar.end('All is read; indexes are built and rows counted …');
    };
    let restored = false;
    try {
      const dump = await openDump(storage, set, { identity, signal: stop.signal, onBytes });
      tell(await restoreDump({ ...target, dump, program, signal: stop.signal }));
      restored = true;
      await restoreExtra(storage, set, { identity, signal: stop.signal }, flags.extraTo);
      await tellOfErasures(storage, url);
    } catch (error) {
      bar.end('');
      if (stop.signal.aborted)
        exitWith(`Interrupted: the database is ${restored ? 'restored' : 'as it was'}`);
      throw error;
    }
  });

function targetOf(to: string): Secret {
  const parsed = postgresUrl().safeParse(to);
  // Its own words would be those of the whole address.
  if (!parsed.success) exitWith(`--to: ${parsed.error.issues[0]?.message}`);
  const url = new URL(parsed.data.reveal());
  // A password on the command line stands in the list of processes; libpq's variable does not.
  if (url.username && !url.password) url.password = encodeURIComponent(process.env.PGPASSWORD ?? '');
  return new Secret(url.toString());
}

function identityIn(file: string): Secret {
  try {
    return new Secret(readFileSync(file, 'utf8'));
  } catch (error) {
    exitWith(`--identity: cannot read ${file} (${(error as NodeJS.ErrnoException).code ?? 'error'})`);
  }
}

/** Under one prefix there may be the sets of several databases: which of them is wanted is not for us to guess. */
function newest(sets: BackupSet[], prefix: string): BackupSet {
  const first = new Map<string, BackupSet>();
  for (const set of sets) if (!first.has(set.manifest.database.id)) first.set(set.manifest.database.id, set);
  const [only, ...others] = first.values();
  if (!only) exitWith(`No complete backup under ${prefix}/: check BACKUP_PREFIX and S3_BUCKET`);
  if (others.length === 0) return only;
  const lines = [...first.values()].map(({ stem, manifest }) => `  ${stem} (${manifest.database.name})`);
  exitWith(
    `Backups of ${first.size} databases lie under ${prefix}/: name one. The newest of each:\n${lines.join('\n')}`,
  );
}

const named = (sets: BackupSet[], key: string, prefix: string): BackupSet =>
  findSet(sets, key) ??
  exitWith(`No complete backup ${key} under ${prefix}/: "cronhook backups list" shows them all`);

function tell({ tables, rows, largeObjects, held, createdRoles }: Restored): void {
  const objects = largeObjects > 0 ? `, ${largeObjects} large object(s)` : '';
  print(`Restored and counted: ${tables} table(s), ${rows} row(s)${objects}, all as in the backup\n`);
  if (createdRoles.length > 0)
    print(`${createdRoles.length} role(s) made, which cannot log in: ${createdRoles.join(', ')}\n`);
  if (held > 0)
    print(`${held} pending message(s) held: none of them goes out until "cronhook outbox release"\n`);
}

async function restoreExtra(
  storage: Storage,
  set: BackupSet,
  options: Parameters<typeof openExtra>[2],
  folder: string | undefined,
): Promise<void> {
  const paths = set.manifest.extra?.paths ?? [];
  if (folder === undefined) {
    if (paths.length > 0)
      print(`The backup has files too (${paths.join(', ')}): unpack them with --extra-to <folder>\n`);
    return;
  }
  const archived = await openExtra(storage, set, options);
  if (!archived) return print('The backup has no files to unpack\n');
  await unpack(archived, folder, options.signal);
  print(`Unpacked below ${folder}: ${paths.join(', ')}\n`);
}

/** Whoever was deleted since the backup has come back with it. */
async function tellOfErasures(storage: Storage, url: Secret): Promise<void> {
  const [users] = await onTarget(url, (db) => db`select to_regclass('cronhook.users')::text as name`);
  if (!users?.name) return;
  let erasures = 0;
  for await (const _ of storage.list(ERASURES)) erasures += 1;
  if (erasures > 0)
    print(
      `${erasures} erasure(s) lie in the storage: delete again whoever came back with this backup, with\n` +
        `  DATABASE_URL='${describe(url)}' npx cronhook erasures replay\n`,
    );
}

/** The address without its password. */
function describe(secret: Secret): string {
  const url = new URL(secret.reveal());
  if (url.password) url.password = 'PASSWORD';
  return url.toString();
}
