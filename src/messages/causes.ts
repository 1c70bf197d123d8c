import { type SQL, sql } from 'drizzle-orm';

const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';

/** The id that a dedupe key names; CASE has checked its form before. */
const causeId = sql.raw(`split_part(message.dedupe_key, ':', 2)::uuid`);

/** A kind of cause: the form of its dedupe keys, and whether it still stands. */
interface Cause {
  keys: string;
  stands(now: string): SQL;
}

const CAUSES: Cause[] = [
  {
    keys: `^followup:${UUID}:[0-9]+$`,
    stands: () => sql`exists (
      select from cronhook.followups followup
      join cronhook.billing_documents document on document.id = followup.document_id
      left join cronhook.billing_settings settings on settings.company_id = document.company_id
      where followup.id = ${causeId} and followup.stopped_at is null and followup.auto_enabled
        and coalesce(settings.auto_followups_enabled, true) and document.paid_at is null
        and (document.status = 'sent' or document.kind = 'invoice' and document.status = 'overdue')
    )`,
  },
  {
    keys: `^appointment:${UUID}:[0-9]+:[0-9]+$`,
    stands: (now) => sql`exists (
      select from cronhook.appointments appointment
      where appointment.id = ${causeId} and appointment.status = 'planned'
        and appointment.starts_at > ${now}::timestamptz
        and floor(extract(epoch from appointment.starts_at)) = split_part(message.dedupe_key, ':', 3)::numeric
    )`,
  },
];

/** Whether the cause of `message` still stands: an invoice paid since must not be chased. */
export function causeStands(now: Date): SQL {
  const cases = CAUSES.map(
    ({ keys, stands }) => sql`when message.dedupe_key ~ ${keys} then ${stands(now.toISOString())}`,
  );
  return sql`case ${sql.join(cases, sql` `)} else true end`;
}
