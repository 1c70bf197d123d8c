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
  const stopped = await rows(stopFollowups(companyId, now));
  add('followups', stopped.length);
  add('outbox_messages', (await rows(cancelFollowupMails(companyId))).length);
  add('companies', (await rows(anonymise(companyId, neutralName, now))).length);
}

/** A document that has not been chased yet gets its stopped row now, or a later run would begin to chase it. */
const stopFollowups = (companyId: string, now: Date): SQL => sql`
  insert into cronhook.followups as followup (document_id, stopped_at, stopped_reason)
  select id, ${now.toISOString()}::timestamptz, 'company_deleted' from cronhook.billing_documents
  where company_id = ${companyId}::uuid
  on conflict (document_id) do update set stopped_at = excluded.stopped_at, stopped_reason = excluded.stopped_reason
    where followup.stopped_at is null
  returning 1`;

/** What is on its way looks at its cause once more by itself. */
const cancelFollowupMails = (companyId: string): SQL => sql`
  update cronhook.outbox_messages set status = 'cancelled'
  where status in ('pending', 'held') and split_part(dedupe_key, ':', 1) = 'followup'
    and split_part(dedupe_key, ':', 2) in (
      select followup.id::text from cronhook.followups followup
      join cronhook.billing_documents document on document.id = followup.document_id
      where document.company_id = ${companyId}::uuid
    )
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
