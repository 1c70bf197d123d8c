import { sql } from 'drizzle-orm';
import { type Answer, read, startTestService } from './service.js';

export const STATISTICS_PATH = '/statistics/refresh';

/** The statistics on a clock that the test turns. */
export async function startStatistics(
  at: number | string,
  options: Omit<Parameters<typeof startTestService>[0], 'now'> = {},
) {
  let now = new Date(at);
  const service = await startTestService({ now: () => now, ...options });
  const { db } = service;
  return {
    ...service,
    turn: (moment: number | string) => {
      now = new Date(moment);
    },
    run: (query = ''): Promise<Answer> => read(service.call(`${STATISTICS_PATH}?wait=240${query}`)),
    /** By `metric period bucket`. */
    values: async (where = sql`true`) => {
      const rows = await db.rows<{ key: string; bucket: string; value: string }>(sql`
        select metric || ' ' || period as key, bucket, value::text from cronhook.statistics where ${where}
      `);
      return new Map(
        rows.map(({ key, bucket, value }) => [`${key} ${new Date(bucket).toISOString()}`, Number(value)]),
      );
    },
    forget: () =>
      db.rows(sql`truncate cronhook.statistics, cronhook.statistics_buckets, cronhook.statistics_customers`),
  };
}
