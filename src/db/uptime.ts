import type { Database } from './client.js';

export interface Uptime {
  monitorId: string;
  /** Share of the time for which something is known, 0 to 1; null where nothing is. */
  uptime: number | null;
  downMs: number;
}

/**
 * By monitor, between two moments. A check counts until the next one, for ten minutes at most: what lies beyond nobody
 * knows.
 */
export async function uptimeBetween(
  _db: Pick<Database, 'rows'>,
  _span: { from: Date; to: Date },
  _monitorIds?: string[],
): Promise<Uptime[]> {
  return [];
}
