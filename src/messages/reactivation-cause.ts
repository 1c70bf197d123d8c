import { sql } from 'drizzle-orm';
import { isLive, SIGN_TABLES, showsLife } from '../db/signs-of-life.js';
import { type Cause, causeId, UUID } from './cause.js';

/** Whoever is back, or was asked again since, is not asked any more. */
export const REACTIVATION_CAUSE: Cause = {
  keys: `^reactivation:${UUID}:[0-9]{1,15}(:[0-9]{1,2})?$`,
  tables: SIGN_TABLES,
  standing: (moment) => sql`case when exists (
    select from cronhook.companies company
    where company.id = ${causeId} and ${isLive}
      and floor(extract(epoch from company.reactivation_asked_at) * 1000) = split_part(message.dedupe_key, ':', 3)::numeric
      and not ${showsLife(moment)}
  ) then 'stands' else 'gone' end`,
};
