import { sql } from 'drizzle-orm';
import { type Cause, causeId, UUID } from './cause.js';

const part = (n: number) => sql.raw(`split_part(message.dedupe_key, ':', ${n})`);

/** The key of the reminder that was queued last, and of its SMS. */
const lastReminder = sql.raw(
  `in ('incident:' || leader.id || ':reminder' || reminder, 'incident:' || leader.id || ':reminder' || reminder || ':sms')`,
);

/**
 * What an alert says goes on must still do: hours after the end it would be a false alarm. A reminder says what the
 * alerts before it have said, and more.
 */
export const INCIDENT_CAUSE: Cause = {
  keys: `^incident:${UUID}:`,
  tables: ['incidents'],
  // An alert that may be out of date is better than none.
  unasked: 'stands',
  standing: () => sql`case
    when ${part(3)} = 'recovered' then 'stands'
    when not exists (
      select from cronhook.incidents going
      where resolved_at is null and (id = ${causeId} or details->>'leader' = ${part(2)})
        and (details->>'wellSince' is null or ${part(3)} = 'flapping')
    ) then 'gone'
    when exists (
      select from cronhook.incidents leader cross join lateral (select details->>'reminder' as reminder) as last
      where leader.id = ${causeId} and reminder is not null and (${part(3)} = 'opened'
        or (${part(3)} = 'reminder' and message.dedupe_key not ${lastReminder}))
    ) then 'gone'
    else 'stands' end`,
};
