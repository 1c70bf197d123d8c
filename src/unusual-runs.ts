import type { Database } from './db/client.js';

/** How a run differs from the thirty before it. */
export type Oddity = 'shorter' | 'longer' | 'emptier';

export interface UnusualRun {
  task: string;
  runId: string;
  startedAt: Date;
  oddities: Oddity[];
  durationMs: number;
  /** The median of the thirty before. */
  usualDurationMs: number;
  /** The stats that were never 0 and now are. */
  emptied: string[];
}

/** Of the runs that ended in this span. */
export async function unusualRuns(
  _db: Pick<Database, 'rows'>,
  _query: { tasks: string[]; from: Date; to: Date },
): Promise<UnusualRun[]> {
  return [];
}
