import { createHash } from 'node:crypto';
import { dumpOf } from '../../backups/set.js';
import type { WrittenSet } from '../../backups/write-set.js';
import { localDay } from '../../calendar.js';
import type { Transaction } from '../../db/client.js';
import type { ComposedMail } from '../../messages/layout.js';
import { addNotifications } from '../../messages/notify.js';
import { queueMessages } from '../../messages/queue.js';
import { anomalyMail, backupMail, damagedMail } from '../../messages/templates/backup.js';
import type { Capabilities, RunContext } from '../define.js';

export const NAME = 'backup';

type TellingContext = RunContext<unknown> &
  Pick<Capabilities, 'db'> &
  Partial<Pick<Capabilities, 'mail' | 'vault'>>;
type NamedSet = Pick<WrittenSet, 'stem' | 'manifest'>;

/** Confirms the day's first backup to the administrator, and tells at once of what has shrunk. */
export async function tellOfBackup(context: TellingContext, set: WrittenSet): Promise<void> {
  const { db, log, site, now } = context;
  const { anomalies, database } = set.manifest;
  if (anomalies.length > 0) log.warn({ anomalies }, 'the database has shrunk by more than half');
  const day = localDay(now(), site.timeZone);
  await db.write(async (tx) => {
    await queueMail(tx, context, `backup:${database.id}:${day}`, confirmation(set, context));
    // The run that made the set before may have been killed before it told of it.
    for (const made of [set.previous, set]) if (made) await tellOfAnomalies(tx, context, made);
    await tellOfDamage(tx, context, set);
  });
}

function confirmation({ stem, manifest }: NamedSet, context: TellingContext): ComposedMail {
  const { database, tables, startedAt, encryption, extra } = manifest;
  const made = {
    ...manifest,
    key: dumpOf(stem, manifest).key,
    database: database.name,
    startedAt: new Date(startedAt),
    tables: Object.keys(tables).length,
    rows: Object.values(tables).reduce((sum, rows) => sum + rows, 0),
    recipient: encryption?.keyId,
    paths: extra?.paths ?? [],
  };
  return backupMail(made, context);
}

async function tellOfAnomalies(tx: Transaction, context: TellingContext, set: NamedSet): Promise<void> {
  const { database, previous, anomalies } = set.manifest;
  if (anomalies.length === 0) return;
  const shrinkage = { database: database.name, previous: previous ?? 'latest', shrunk: anomalies };
  const letter = anomalyMail(shrinkage, context);
  await alert(tx, context, { kind: 'backup_anomaly', dedupeKey: `backup-anomaly:${set.stem}`, letter });
}

/** Once for the same sets. */
async function tellOfDamage(tx: Transaction, context: TellingContext, set: WrittenSet): Promise<void> {
  const { damaged, manifest } = set;
  if (damaged.length === 0) return;
  const stems = damaged.map(({ stem }) => stem);
  context.log.error({ stems }, 'the storage has lost files of backups');
  const letter = damagedMail({ database: manifest.database.name, sets: damaged }, context);
  const digest = createHash('sha256').update(stems.sort().join()).digest('hex');
  await alert(tx, context, { kind: 'backup_damaged', dedupeKey: `backup-damaged:${digest}`, letter });
}

async function alert(
  tx: Transaction,
  context: TellingContext,
  { kind, dedupeKey, letter }: { kind: string; dedupeKey: string; letter: ComposedMail },
): Promise<void> {
  const about = { userId: null, severity: 'important', link: null } as const;
  await addNotifications(tx, [
    { ...about, kind, dedupeKey, title: letter.subject, body: letter.text.split('\n') },
  ]);
  await queueMail(tx, context, dedupeKey, letter);
}

/** Without mail or address, nobody is told this way. */
async function queueMail(
  tx: Transaction,
  { mail, site, vault, now }: TellingContext,
  dedupeKey: string,
  letter: ComposedMail,
): Promise<void> {
  if (!mail || !site.adminEmail) return;
  const message = { task: NAME, dedupeKey, recipient: site.adminEmail, ...letter };
  await queueMessages(tx, [message], { sender: mail.sender, vault, now: now() });
}
