import { type SQL, sql } from 'drizzle-orm';
import { showable } from '../../db/moments.js';
import { endSecond } from '../../db/trials.js';

/** Of so many people of a company one will have an address. */
const MOST_CONTACTS = 5;

/** The companies of `wanted`, which may ask about `company` and its `contact` row, in the order of their ids. */
export const findTrials = (wanted: SQL): SQL => sql`
  select company.id, company.name, company.email, company.phone,
    to_char(${showable(sql`company.trial_ends_at`)} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as "endsAt",
    ${endSecond}::text as "endSecond", staff.users, staff.visited,
    ${people(sql`role in ('owner', 'admin')`)} as contacts, ${people(sql`role not in ('owner', 'admin')`)} as members
  ${FROM}
  cross join lateral (
    select count(*) filter (where member.disabled_at is null)::int as users,
      count(member.last_login_at) > 0 as visited
    from cronhook.users member where member.company_id = company.id
  ) as staff
  where ${wanted} order by company.id
`;

const people = (which: SQL): SQL => sql`coalesce((
  select jsonb_agg(jsonb_build_object('email', email, 'name', name, 'phone', phone) order by place)
  from (
    select email, name, phone, row_number() over (order by role <> 'owner', created_at, id) as place
    from cronhook.users
    where company_id = company.id and ${which} and disabled_at is null and deletion_started_at is null
    order by place limit ${sql.raw(`${MOST_CONTACTS}`)}
  ) as person
), '[]')`;

const FROM = sql.raw(`from cronhook.companies company
  left join cronhook.trial_contacts contact on contact.company_id = company.id`);

/** One page of the ids of `wanted`. */
export const findIds = (wanted: SQL, after: string, limit: number): SQL => sql`
  select company.id ${FROM} where ${wanted} and company.id > ${after}::uuid order by company.id limit ${limit}`;

export const countTrials = (wanted: SQL, after: string): SQL => sql`
  select count(*)::int as count ${FROM} where ${wanted} and company.id > ${after}::uuid`;
