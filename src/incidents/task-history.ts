import { sql } from 'drizzle-orm';
import { rowsOf, type Transaction } from '../db/client.js';

/** True when the task's last run before this one was already partial. */
export async function wasPartial(tx: Transaction, task: string, runId: string): Promise<boolean> {
  const [last] = await rowsOf<{ status: string }>(
    tx,
    sql`
      select status from cronhook.task_runs
      where task = ${task} and id <> ${runId}::uuid and not dry_run and not aside and status in ('succeeded', 'partial', 'failed')
      order by started_at desc, id desc limit 1
    `,
  );
  return last?.status === 'partial';
}

/**
 * Those of these failures after which no run of their task went well (another replica may have been quicker), and during
 * which none was under way: that one tells itself how it ends.
 */
export async function stillStanding<Failure extends { task: string; since: Date }>(
  tx: Transaction,
  failures: Failure[],
): Promise<Failure[]> {
  if (failures.length === 0) return [];
  const given = failures.map(({ task, since }, index) => ({ task, since: since.toISOString(), index }));
  const over = await rowsOf<{ index: number }>(
    tx,
    sql`
      select index from json_to_recordset(${JSON.stringify(given)}::json)
        as failure (task text, since timestamptz, index int)
      where exists (
        select from cronhook.task_runs run
        where run.task = failure.task and run.started_at >= failure.since and run.status = 'succeeded' and not run.dry_run
      ) or exists (
        select from cronhook.task_leases lease join cronhook.task_runs run on run.id = lease.run_id
        where lease.task = failure.task and lease.expires_at > clock_timestamp() and run.status = 'running'
          and run.started_at < failure.since and not run.dry_run
      )
    `,
  );
  const gone = new Set(over.map(({ index }) => index));
  return failures.filter((_, index) => !gone.has(index));
}

/** True when the two runs before this one have both died. */
export async function diedTwice(tx: Transaction, task: string, runId: string): Promise<boolean> {
  const last = await rowsOf<{ status: string }>(
    tx,
    sql`
      select status from cronhook.task_runs where task = ${task} and id <> ${runId}::uuid and not dry_run
      order by started_at desc, id desc limit 2
    `,
  );
  return last.length === 2 && last.every(({ status }) => status === 'lost');
}
