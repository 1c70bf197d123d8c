import { sql } from 'drizzle-orm';
import type { MailAttachment } from '../../clients/mail.js';
import type { Storage } from '../../clients/storage.js';
import { isDatabaseUnavailable } from '../../errors.js';
import { withPicturesInside } from '../../messages/inside-pictures.js';
import { RunStopped } from '../../run-stop.js';
import type { Issue, SendingContext } from './send.js';

/** Where the copies of one report lie. */
export interface Archive {
  /** With a slash at its end. */
  prefix: string;
  /** Periods whose copies may still be missing, this one included. */
  recent: string[];
  keyOf(period: string): string;
  /** The day that an object is about; undefined for what is no report. */
  dayOf(key: string): string | undefined;
  /** Older ones go. */
  keptFrom: string;
}

interface Copies {
  written: number;
  removed: number;
  failed: number;
}

/**
 * Writes the copies of the reports that have gone out and have none, and removes those older than a year: never
 * anything that is not named as a report is.
 * @param fresh the key of a message whose copy is written anew
 */
export async function keepCopies(
  context: SendingContext,
  { task, archive }: Issue,
  fresh: string | undefined,
): Promise<Copies> {
  const { storage, signal, fail } = context;
  const copies = { written: 0, removed: 0, failed: 0 };
  if (!storage) return copies;
  try {
    const there = await keysIn(storage, archive.prefix);
    for (const message of await sentReports(context, { task, archive, fresh, there })) {
      signal.throwIfAborted();
      const [, period = ''] = message.dedupeKey.split(':');
      const page = withPicturesInside(message.html, message.attachments);
      await storage.put(archive.keyOf(period), page, { contentType: 'text/html; charset=utf-8' });
      copies.written += 1;
    }
    for (const key of there) {
      const day = archive.dayOf(key);
      if (day === undefined || day >= archive.keptFrom) continue;
      signal.throwIfAborted();
      await storage.remove(key);
      copies.removed += 1;
    }
  } catch (error) {
    if (signal.aborted || error instanceof RunStopped || isDatabaseUnavailable(error)) throw error;
    copies.failed += 1;
    fail('storage', error);
  }
  return copies;
}

async function keysIn(storage: Storage, prefix: string): Promise<Set<string>> {
  const keys = new Set<string>();
  for await (const { key } of storage.list(prefix)) keys.add(key);
  return keys;
}

interface SentReport {
  dedupeKey: string;
  html: string;
  attachments: MailAttachment[];
}

interface Wanted extends Pick<Issue, 'task' | 'archive'> {
  fresh: string | undefined;
  there: Set<string>;
}

/** A report sent again comes after the one that it replaces. */
async function sentReports(
  { db }: SendingContext,
  { task, archive, fresh, there }: Wanted,
): Promise<SentReport[]> {
  const missing = archive.recent.filter((period) => !there.has(archive.keyOf(period)));
  const keys = [...missing.map((period) => `${task}:${period}`), ...(fresh === undefined ? [] : [fresh])];
  return db.rows<SentReport>(sql`
    select dedupe_key as "dedupeKey", html_body as html, attachments from cronhook.outbox_messages
    where dedupe_key in (select json_array_elements_text(${JSON.stringify(keys)}::json)) and html_body is not null
    order by dedupe_key
  `);
}
