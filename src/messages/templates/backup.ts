import { formatBytes, formatCount, formatMoment } from '../format.js';
import { type Block, type ComposedMail, composeMail, type Fact, type Look, paragraph } from '../layout.js';

/** A backup as its mails tell of it. */
export interface MadeBackup {
  /** Where its dump lies. */
  key: string;
  database: string;
  serverVersion: string;
  startedAt: Date;
  sizeBytes: number;
  compressedBytes: number;
  tables: number;
  rows: number;
  /** age1…, where it is encrypted. */
  recipient: string | undefined;
  /** Files and folders beside it. */
  paths: string[];
}

/** Confirms a backup to the administrator. */
export function backupMail(made: MadeBackup, look: Look): ComposedMail {
  const { site, messages } = look;
  const { labels, ...words } = messages.mails.backup;
  const count = (value: number) => formatCount(value, site.locale);
  const bytes = (value: number) => formatBytes(value, site.locale);
  const facts: Fact[] = [
    { label: labels.started, value: formatMoment(made.startedAt, site) },
    { label: labels.key, value: made.key },
    { label: labels.size, value: words.size(bytes(made.compressedBytes), bytes(made.sizeBytes)) },
    { label: labels.tables, value: words.tables(count(made.tables), count(made.rows)) },
    { label: labels.server, value: made.serverVersion },
    ...(made.recipient ? [{ label: labels.encryption, value: made.recipient }] : []),
    ...(made.paths.length > 0 ? [{ label: labels.files, value: made.paths.join(', ') }] : []),
  ];
  const subject = words.subject(made.database);
  const blocks: Block[] = [paragraph(words.before), { kind: 'facts', facts }, paragraph(words.after)];
  return composeMail({ subject, heading: subject, blocks }, look);
}

export interface Shrinkage {
  /** Null for the whole dump, in bytes; else the table, in rows. */
  table: string | null;
  before: number;
  after: number;
}

const MOST_NAMED = 20;

/** Tells the administrator what is down by more than half. */
export function anomalyMail(
  { database, previous, shrunk }: { database: string; previous: string; shrunk: Shrinkage[] },
  look: Look,
): ComposedMail {
  const { site, messages } = look;
  const words = messages.mails.backupAnomaly;
  const item = ({ table, before, after }: Shrinkage): Block => {
    const format = table === null ? formatBytes : formatCount;
    const line = (table === null ? words.bytes : words.rows)(
      format(before, site.locale),
      format(after, site.locale),
    );
    return { kind: 'item', title: table ?? words.wholeDump, lines: [line], link: undefined };
  };
  const subject = words.subject(database);
  const blocks = [
    paragraph(words.before),
    ...shrunk.slice(0, MOST_NAMED).map(item),
    paragraph(words.after(previous)),
  ];
  return composeMail({ subject, heading: subject, blocks }, look);
}

/** Tells the administrator of sets that can no longer be restored. */
export function damagedMail(
  { database, sets }: { database: string; sets: { stem: string; startedAt: Date }[] },
  look: Look,
): ComposedMail {
  const words = look.messages.mails.backupDamaged;
  const item = ({ stem, startedAt }: { stem: string; startedAt: Date }): Block => ({
    kind: 'item',
    title: stem,
    lines: [words.made(formatMoment(startedAt, look.site))],
    link: undefined,
  });
  const subject = words.subject(database);
  const blocks = [paragraph(words.before), ...sets.slice(0, MOST_NAMED).map(item), paragraph(words.after)];
  return composeMail({ subject, heading: subject, blocks }, look);
}
