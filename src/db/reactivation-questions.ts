import { type SQL, sql } from 'drizzle-orm';
import { countable } from './moments.js';
import { isLive } from './signs-of-life.js';

/** So many are written to about one company, one after the other was refused. */
export const MOST_READERS = 10;

/** The key of the question to the first reader; those to whom it went on have a number behind it. */
const firstKey = sql`('reactivation:' || company.id || ':' ||
  floor(extract(epoch from ${countable(sql`company.reactivation_asked_at`)}) * 1000)::bigint)`;
const nextKeys = sql.join(
  Array.from({ length: MOST_READERS - 1 }, (_, index) => sql`${firstKey} || ${sql.raw(`':${index + 2}'`)}`),
  sql`, `,
);

/** The messages of the question that `company` was last asked. */
export const questions = sql`cronhook.outbox_messages question where question.dedupe_key in (${firstKey}, ${nextKeys})`;

/**
 * Of the messages that an erasure takes away (`gone`): the company remembers what they proved. One that had left moves
 * the time of asking to when it left; a question of which nothing is left was never asked.
 */
export const rememberQuestions: SQL = sql`
  update cronhook.companies company set reactivation_asked_at = case when lost.sent_at is not null
    then greatest(${countable(sql`company.reactivation_asked_at`)} + interval '1 millisecond', lost.sent_at) end
  from (
    select split_part(dedupe_key, ':', 2)::uuid as company_id,
      'reactivation:' || split_part(dedupe_key, ':', 2) || ':' || split_part(dedupe_key, ':', 3) as first_key,
      max(sent_at) filter (where status = 'sent') as sent_at
    from gone where dedupe_key ~ '^reactivation:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}:[0-9]' group by 1, 2
  ) as lost
  where company.id = lost.company_id and ${isLive} and company.reactivation_asked_at is not null
    and lost.first_key = ${firstKey}
    and (lost.sent_at is not null or not exists (
      select from ${questions} and question.id not in (select id from gone)))`;
