import { type SQL, sql } from 'drizzle-orm';
import { isDayOff, localDay } from '../calendar.js';
import { chased, GONE, todayIn } from '../db/billing.js';
import { reachable } from '../db/readers.js';
import { type Cause, causeId, type Moment, UUID } from './cause.js';
import { documentFingerprint, remindsStill, saysStill } from './fingerprint.js';
import { INCIDENT_CAUSE } from './incident-cause.js';
import { REACTIVATION_CAUSE } from './reactivation-cause.js';
import { TRIAL_CAUSES } from './trial-causes.js';

export const CAUSES: Cause[] = [
  {
    keys: `^followup:${UUID}:[0-9]+$`,
    tables: ['followups', 'billing_documents', 'companies', 'billing_settings'],
    standing: ({ now, timeZone }) => sql`coalesce((
      select case
        when followup.stopped_at is not null or not followup.auto_enabled
          or not coalesce(settings.auto_followups_enabled, true) or not (${chased(todayIn(now, timeZone))})
          or company.status in ${GONE} or lower(trim(document.customer_email)) <> lower(message.recipient)
          or not ${saysStill(documentFingerprint)} then 'gone'
        when ${isDayOff(localDay(now, timeZone))}::boolean and coalesce(settings.skip_weekends, false) then 'waits'
        else 'stands' end
      from cronhook.followups followup
      join cronhook.billing_documents document on document.id = followup.document_id
      join cronhook.companies company on company.id = document.company_id
      left join cronhook.billing_settings settings on settings.company_id = document.company_id
      where followup.id = ${causeId}
    ), 'gone')`,
  },
  {
    keys: `^appointment:${UUID}:[0-9]+:[0-9]+(:${UUID})?$`,
    tables: ['appointments', 'users', 'companies'],
    standing: ({ now }) => sql`case when exists (
      select from cronhook.appointments appointment
      join cronhook.users reader on reader.id = appointment.user_id
      where appointment.id = ${causeId} and appointment.status = 'planned'
        and appointment.starts_at > ${now.toISOString()}::timestamptz
        and floor(extract(epoch from appointment.starts_at)) = split_part(message.dedupe_key, ':', 3)::numeric
        and ${reachable} and ${remindsStill}
    ) then 'stands' else 'gone' end`,
  },
  ...TRIAL_CAUSES,
  REACTIVATION_CAUSE,
  INCIDENT_CAUSE,
];

/** How the cause of `message` stands, if it is one of these: an invoice paid since must not be chased. */
export function standingOf(causes: Cause[], moment: Moment): SQL {
  if (causes.length === 0) return ALWAYS_STANDS;
  const cases = causes.map(
    ({ keys, standing }) => sql`when message.dedupe_key ~ ${keys} then ${standing(moment)}`,
  );
  return sql`case ${sql.join(cases, sql` `)} else 'stands' end`;
}

const ALWAYS_STANDS: SQL = sql`'stands'`;
