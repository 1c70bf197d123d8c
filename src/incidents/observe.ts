import type { Transaction } from '../db/client.js';
import type { Severity } from '../db/schema/messages.js';
import type { Telling } from './telling.js';

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
  _tx: Transaction,
  _observation: Observation,
  _telling: Telling,
): Promise<ObservationTally> {
  return { opened: 0, recovered: 0 };
}

/** Reminds of every open incident for which that is due, whoever watches its source. */
export async function remindOfOpen(_tx: Transaction, _telling: Telling): Promise<void> {}

/** Ends incidents of what is watched no longer, without a word. */
export async function retire(_tx: Transaction, _sources: string[], _now: Date): Promise<void> {}
