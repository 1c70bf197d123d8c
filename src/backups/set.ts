import { z } from 'zod';

/**
 * A set is what one backup left: `<stem>.sql.gz[.age]`, perhaps `<stem>.tar.gz[.age]`, and the manifest
 * `<stem>.json`, which is written last. A dump without a manifest does not exist.
 */
export const MANIFEST = '.json';
/** Written by backup-verify. */
export const VERIFIED = '.verified.json';
/** The metadata of every file of a set: proves that it is ours, and whose, where the manifest is missing. */
export const DATABASE_METADATA = 'cronhook-database';

/** Lies beside a set while a run writes it, so that no other takes the same name. */
export const claimOf = (stem: string, runId: string): string => `${stem}.${runId}.claim`;

const storedFile = z.object({
  key: z.string(),
  /** As stored: compressed, perhaps encrypted. */
  compressedBytes: z.number().int().nonnegative(),
  /** Of the stored bytes, hex. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

export type StoredFile = z.output<typeof storedFile>;

const anomaly = z.object({
  /** A table, or null for the size of the whole dump. */
  table: z.string().nullable(),
  /** Rows, or bytes. */
  before: z.number(),
  after: z.number(),
});

export type Anomaly = z.output<typeof anomaly>;

const manifest = z.object({
  format: z.literal(1),
  runId: z.string(),
  database: z.object({
    /** Tells it from every other database, one of the same name on another server included. */
    id: z.string(),
    name: z.string(),
  }),
  serverVersion: z.string(),
  clientVersion: z.string(),
  startedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime(),
  ...storedFile.shape,
  /** Of the SQL. */
  sizeBytes: z.number().int().nonnegative(),
  /** Null: all of them. */
  schemas: z.array(z.string()).nullable(),
  /** Rows as of the dump's snapshot, by `schema.table` as SQL quotes it. */
  tables: z.record(z.string(), z.number().int()),
  largeObjects: z.number().int(),
  /** Roles that the dump names and a new server may lack. */
  roles: z.array(z.string()),
  /** The recipient is the id of its key; null: not encrypted. */
  encryption: z.object({ method: z.literal('age'), keyId: z.string() }).nullable(),
  extra: z.object({ ...storedFile.shape, paths: z.array(z.string()) }).nullable(),
  /** The stem of the set before it, with which it was compared. */
  previous: z.string().nullable(),
  /** What is down by more than half since then. */
  anomalies: z.array(anomaly),
});

export type Manifest = z.output<typeof manifest>;

const verification = z.object({
  runId: z.string(),
  /** When it was last restored and counted. */
  verifiedAt: z.iso.datetime().nullable(),
  /** When its checksum was last compared. */
  checksumAt: z.iso.datetime().nullable(),
  /** Why it could not be verified, the last time. */
  failure: z.object({ at: z.iso.datetime(), message: z.string() }).nullable(),
});

/** What backup-verify found; a set with a failure does not count as verified. */
export type Verification = z.output<typeof verification>;

export const parseManifest = reader(manifest);
export const parseVerification = reader(verification);

/** @returns undefined for what is none of ours */
function reader<Shape extends z.ZodType>(shape: Shape) {
  return (text: string): z.output<Shape> | undefined => {
    try {
      return shape.safeParse(JSON.parse(text)).data;
    } catch {
      return undefined;
    }
  };
}

const ageSuffix = (encrypted: boolean): string => (encrypted ? '.age' : '');

export const dumpKey = (stem: string, encrypted: boolean): string => `${stem}.sql.gz${ageSuffix(encrypted)}`;
export const extraKey = (stem: string, encrypted: boolean): string => `${stem}.tar.gz${ageSuffix(encrypted)}`;

/** The dump of a set where it lies now: a copy of the whole folder under another prefix stays a set. */
export const dumpOf = (stem: string, { compressedBytes, sha256, encryption }: Manifest): StoredFile => ({
  key: dumpKey(stem, encryption !== null),
  compressedBytes,
  sha256,
});

/** Its archive of files, where it has one. */
export const extraOf = (stem: string, { extra, encryption }: Manifest): StoredFile | undefined =>
  extra ? { ...extra, key: extraKey(stem, encryption !== null) } : undefined;

const STEM = /^(\d{4})\/(\d{2})\/(\d{2})\/(.+)_backup_(\d{4})(\d{2})(\d{2})_(\d{2})(\d{2})(\d{2})$/;

/** `<prefix>/2026/11/21/<name>_backup_20261121_143000`, in UTC. */
export function stemOf(prefix: string, name: string, at: Date): string {
  const [date = '', time = ''] = at.toISOString().split('T');
  const stamp = `${date.replaceAll('-', '')}_${time.slice(0, 8).replaceAll(':', '')}`;
  return `${prefix}/${date.replaceAll('-', '/')}/${plainName(name)}_backup_${stamp}`;
}

/** The moment in a stem, to the second; undefined for what is none of ours. */
export function timeOf(prefix: string, stem: string): Date | undefined {
  if (!stem.startsWith(`${prefix}/`)) return undefined;
  const parts = STEM.exec(stem.slice(prefix.length + 1));
  if (!parts) return undefined;
  const [, year, month, day, , stampYear, stampMonth, stampDay, hour, minute, second] = parts;
  if (year !== stampYear || month !== stampMonth || day !== stampDay) return undefined;
  const at = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`);
  return Number.isNaN(at.getTime()) ? undefined : at;
}

/** Names of databases hold anything; keys hold what every store and shell takes. */
export const plainName = (name: string): string =>
  name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^A-Za-z0-9._-]+/g, '_')
    .replace(/^\.+/, '')
    .slice(0, 100) || 'database';
