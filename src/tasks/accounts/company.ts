import { getTableColumns, type SQL, sql } from 'drizzle-orm';
import { companies } from '../../db/schema/index.js';
import { PERSONAL_DATA } from './personal-data.js';
import type { Rows } from './subject.js';

/** What a company leaves behind when its last member goes: nobody is chased in its name, and nobody is named by it. */
export async function closeCompany(
  rows: Rows,
  companyId: string,
  neutralName: string,
  now: Date,
  add: (table: string, count: number) => void,
): Promise<void> {
  await rows(lockFollowups(companyId));
  const stopped = await rows(stopFollowups(companyId, now));
  add('followups', stopped.length);
  add('companies', (await rows(anonymise(companyId, neutralName, now))).length);
  await rows(clearDryRuns(companyId));
}

/** Dry runs have named the company. */
const clearDryRuns = (companyId: string): SQL => sql`
  update cronhook.task_runs set details = null where dry_run and details::text like ${`%${companyId}%`}`;

/** In the order in which the task `followups` locks them: two orders would make a deadlock. */
const lockFollowups = (companyId: string): SQL => sql`
  select from cronhook.followups
  where document_id in (select id from cronhook.billing_documents where company_id = ${companyId}::uuid)
  order by id for update`;

/**
 * A document that has not been chased yet gets its stopped row now, or a later run would begin to chase it. By the
 * documents' ids, as the task `followups` adds them.
 */
const stopFollowups = (companyId: string, now: Date): SQL => sql`
  insert into cronhook.followups as followup (document_id, stopped_at, stopped_reason)
  select id, ${now.toISOString()}::timestamptz, 'company_deleted' from cronhook.billing_documents
  where company_id = ${companyId}::uuid
  order by id
  on conflict (document_id) do update set stopped_at = excluded.stopped_at, stopped_reason = excluded.stopped_reason
    where followup.stopped_at is null
  returning 1`;

function anonymise(companyId: string, neutralName: string, now: Date): SQL {
  const rules = PERSONAL_DATA.companies.columns;
  const overwritten = Object.entries(getTableColumns(companies))
    .filter(([property]) => rules[property as keyof typeof rules] === 'anonymised')
    .map(([, column]) => sql`${sql.identifier(column.name)} = ${column.notNull ? neutralName : null}`);
  const at = sql`${now.toISOString()}::timestamptz`;
  return sql`
    update cronhook.companies set ${sql.join(overwritten, sql`, `)}, status = 'anonymized', anonymized_at = ${at},
      cancelled_at = coalesce(cancelled_at, ${at})
    where id = ${companyId}::uuid returning 1`;
}
