import { sql } from 'drizzle-orm';

/** Whether the user `reader` is still there to be told. */
export const reachable = sql`reader.disabled_at is null and reader.deletion_started_at is null and not exists (
  select from cronhook.companies company
  where company.id = reader.company_id and company.status in ('archived', 'anonymized')
)`;
