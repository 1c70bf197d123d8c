import { formatBytes, formatCount } from '../format.js';
import { type Block, type ComposedMail, composeMail, type Fact, type Look, paragraph } from '../layout.js';

/** What a cleaning of the logs has removed. */
export interface Cleanup {
  levels: Record<string, number>;
  runs: number;
  bytesFreed: number;
  archived: number;
  archives: number;
  /** The first of them. */
  archiveKeys: string[];
  encrypted: boolean;
  remaining: number;
}

/** Tells the administrator what a cleaning of the logs has removed. */
export function cleanupMail(cleanup: Cleanup, look: Look): ComposedMail {
  const { site, messages } = look;
  const { labels, ...words } = messages.maintenance.mail;
  const number = (value: number) => formatCount(value, site.locale);
  const counted = (label: string, value: number): Fact[] =>
    value > 0 ? [{ label, value: number(value) }] : [];
  const facts: Fact[] = [
    ...Object.entries(cleanup.levels).flatMap(([level, rows]) => counted(words.level(level), rows)),
    ...counted(labels.runs, cleanup.runs),
    ...counted(labels.archived, cleanup.archived),
    { label: labels.freed, value: words.freed(formatBytes(cleanup.bytesFreed, site.locale)) },
    ...counted(labels.remaining, cleanup.remaining),
  ];
  const rows = Object.values(cleanup.levels).reduce((sum, count) => sum + count, cleanup.runs);
  return composeMail(
    {
      subject: words.subject(number(rows)),
      heading: words.heading,
      blocks: [
        paragraph(words.before),
        { kind: 'facts', facts },
        ...archivesOf(cleanup, look),
        paragraph(words.after),
      ],
    },
    look,
  );
}

function archivesOf({ archives, archiveKeys, encrypted }: Cleanup, { messages }: Look): Block[] {
  const words = messages.maintenance.mail;
  if (archives === 0) return [];
  const more = archives - archiveKeys.length;
  const lines = [...archiveKeys, ...(more > 0 ? [words.more(more)] : [])];
  return [
    { kind: 'item', title: words.archives, lines, link: undefined },
    paragraph(words.readable[encrypted ? 'encrypted' : 'plain']),
  ];
}
