import { sql } from 'drizzle-orm';
import { type Database, rowsOf, type Transaction } from '../../db/client.js';
import { sqlTime } from '../../db/moments.js';
import { boundLockWaits } from '../accounts/claim.js';
import { callBack } from './restore.js';
import { isReachable, type Moment } from './states.js';

/** Somebody looks at a page meanwhile. */
const LONGEST_WAIT = '4s';

/** What the link of a mail was made for. */
export interface ReactivationLink {
  companyId: string;
  askedAt: Date;
}

/**
 * How a company stands for somebody with a link: `asked` or `archived`, and the link is the last one; `old`: asked again
 * since; `back`: nobody asks any more; `gone`: anonymised, or about to be.
 */
export type Standing = 'asked' | 'archived' | 'old' | 'back' | 'gone';

export interface LinkedCompany {
  name: string;
  standing: Standing;
  archiveKey: string | null;
}

export async function findLinked(
  { rows }: Pick<Database, 'rows'>,
  link: ReactivationLink,
): Promise<LinkedCompany | undefined> {
  const [company] = await rows<LinkedCompany>(linked(link));
  return company;
}

/**
 * The word of somebody who was asked: the company lives. Said twice, it changes nothing.
 * @returns how it stood before; undefined when there is no such company
 */
export function reactivate(
  db: Pick<Database, 'transaction'>,
  link: ReactivationLink,
  moment: Moment,
): Promise<LinkedCompany | undefined> {
  return db.transaction(async (tx) => {
    await boundLockWaits(tx, LONGEST_WAIT);
    await tx.execute(sql`select from cronhook.companies where id = ${link.companyId}::uuid for update`);
    const [company] = await rowsOf<LinkedCompany>(tx, linked(link));
    if (company?.standing === 'asked' || company?.standing === 'archived') {
      await callBack(tx, link.companyId, moment);
      await noteActivity(tx, link.companyId, moment.now);
    }
    return company;
  });
}

const linked = ({ companyId, askedAt }: ReactivationLink) => sql`
  select name, archive_key as "archiveKey", case
    when not ${isReachable} then 'gone'
    when date_trunc('milliseconds', reactivation_asked_at) = ${sqlTime(askedAt)}
      then case status when 'archived' then 'archived' else 'asked' end
    when reactivation_asked_at is null and status <> 'archived' then 'back'
    else 'old' end as standing
  from cronhook.companies company where id = ${companyId}::uuid`;

const noteActivity = (tx: Transaction, companyId: string, now: Date) =>
  tx.execute(sql`
    update cronhook.companies set last_active_at = greatest(last_active_at, ${sqlTime(now)})
    where id = ${companyId}::uuid
  `);
