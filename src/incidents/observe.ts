import { sql } from 'drizzle-orm';
import type { Transaction } from '../db/client.js';
import type { Severity } from '../db/schema/messages.js';
import { decide } from './decide.js';
import { recentChanges } from './flapping.js';
import { endSilently, listed, openIncidents, writeIncidents } from './incident-rows.js';
import { lockIncidents } from './lock.js';
import { tellOwed } from './owed.js';
import { remind } from './reminders.js';
import { type Telling, tell } from './telling.js';

/** Something that is wrong, as whoever watches it sees it. */
export interface Trouble {
  /** `monitor:<id>`, `monitor:<id>:certificate`, `monitoring:network`, `performance:<machine>:<metric>`, `task:<name>`, `business:<cause>` */
  source: string;
  severity: Severity;
  /** One line in the reader's language: what is wrong. It fits an SMS. */
  title: string;
  /** What was seen, and what to do about it. */
  message: string;
  /** Where it can be looked at. */
  link: string | null;
  /** Troubles of one cause are told in one mail; the source itself without it. */
  cause?: string;
  /** When it began, where that is known better than by this look. */
  since?: Date;
}

/** What one look at several things has found. */
export interface Observation {
  wrong: Trouble[];
  /** Sources that are well: an open incident of theirs ends. Those named in neither stay as they are. */
  well: string[];
}

export interface ObservationTally {
  opened: number;
  recovered: number;
}

/** Opens, keeps alive and ends incidents, and queues what is to be told of them, in the caller's transaction. */
export async function observe(
  tx: Transaction,
  { wrong, well }: Observation,
  telling: Telling,
): Promise<ObservationTally> {
  const { now } = telling.tools;
  await lockIncidents(tx);
  await tellOwed(tx, telling);
  const troubled = wrong.map(({ source }) => source);
  const sources = [...new Set([...troubled, ...well])];
  const causes = [...new Set(wrong.flatMap(({ cause }) => cause ?? []))];
  const open = await openIncidents(tx, { sources, causes });
  const recent = await recentChanges(tx, changing(sources, troubled, open), now);
  const { changes, news, opened, recovered } = decide({ wrong, well }, { open, recent }, now);
  await writeIncidents(tx, changes, now);
  await tell(tx, news, telling);
  await remind(tx, telling, troubled);
  return { opened, recovered };
}

/** The sources that begin or end. */
function changing(sources: string[], troubled: string[], open: { source: string }[]): string[] {
  const wrong = new Set(troubled);
  const known = new Set(open.map(({ source }) => source));
  return sources.filter((source) => wrong.has(source) !== known.has(source));
}

/** Reminds of every open incident for which that is due, whoever watches its source. */
export async function remindOfOpen(tx: Transaction, telling: Telling): Promise<void> {
  await lockIncidents(tx);
  await tellOwed(tx, telling);
  await remind(tx, telling);
}

/** Ends incidents of what is watched no longer, without a word. */
export async function retire(tx: Transaction, sources: string[], now: Date): Promise<void> {
  if (sources.length === 0) return;
  await lockIncidents(tx);
  await endSilently(tx, sql`source in ${listed(sources)}`, now);
}
