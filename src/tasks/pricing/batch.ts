import { sql } from 'drizzle-orm';
import { rowsOf } from '../../db/client.js';
import { sqlTime } from '../../db/moments.js';
import type { BATCH_STATUSES } from '../../db/schema/pricing.js';
import type { PricingContext } from './model.js';

export type BatchStatus = (typeof BATCH_STATUSES)[number];

export interface Batch {
  id: string;
  status: BatchStatus;
}

/** The last batch of that day, if there is one. */
export async function lastBatch({ db }: Pick<PricingContext, 'db'>, day: string): Promise<Batch | undefined> {
  const [batch] = await db.rows<Batch>(sql`
    select id, status from cronhook.batch_runs where batch_date = ${day}::date
    order by started_at desc, created_at desc limit 1
  `);
  return batch;
}

/** Today's batch that is not complete, to go on with, or a new one; what is left of older days goes no further. */
export async function openBatch({ db, runId, now }: PricingContext, day: string): Promise<Batch> {
  const at = sqlTime(now());
  return db.write(async (tx) => {
    await tx.execute(sql`
      update cronhook.batch_runs set status = 'failed', finished_at = ${at}
      where status = 'running' and batch_date < ${day}::date
    `);
    const [resumed] = await rowsOf<Batch>(
      tx,
      sql`
        update cronhook.batch_runs set status = 'running', run_id = ${runId}::uuid, finished_at = null
        where id = (
          select id from cronhook.batch_runs where batch_date = ${day}::date
          order by started_at desc, created_at desc limit 1
        ) and status <> 'completed'
        returning id, status
      `,
    );
    if (resumed) return resumed;
    const [opened] = await rowsOf<Batch>(
      tx,
      sql`
        insert into cronhook.batch_runs (run_id, batch_date, started_at, status)
        values (${runId}::uuid, ${day}::date, ${at}, 'running') returning id, status
      `,
    );
    return opened as Batch;
  });
}

export async function closeBatch(
  { db, now }: PricingContext,
  id: string,
  status: BatchStatus,
): Promise<void> {
  await db.write((tx) =>
    tx.execute(sql`
      update cronhook.batch_runs set status = ${status}, finished_at = ${sqlTime(now())} where id = ${id}::uuid
    `),
  );
}
