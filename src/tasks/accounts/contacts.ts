import { sql } from 'drizzle-orm';
import { namePattern, type Pattern, phonePattern } from './patterns.js';
import type { Rows } from './subject.js';

/** What a company that goes is known by, and nobody else. */
export interface Contacts {
  /** Lower-case. */
  addresses: string[];
  /**
   * The same, of a company that was archived: mails to it go too. Whoever closes an account today may have written
   * anybody's address there yesterday. The administrators' stays theirs.
   */
  recipients: string[];
  names: Pattern[];
}

export const NO_CONTACTS: Contacts = { addresses: [], recipients: [], names: [] };

const SHORTEST_NUMBER = 6;

interface Given {
  name: string;
  archived: boolean;
  address: string | null;
  phone: string | null;
  addressOfOthers: boolean;
  phoneOfOthers: boolean;
}

/** An address or number that a person, another company or a customer of one has too is theirs to keep. */
export async function contactsOf(rows: Rows, companyId: string, administrators: string[]): Promise<Contacts> {
  const [given] = await rows<Given>(sql`
    with own as (
      select id, name, status = 'archived' as archived, lower(nullif(trim(email), '')) as address, phone,
        nullif(right(regexp_replace(phone, '[^0-9]', '', 'g'), 9), '') as digits
      from cronhook.companies where id = ${companyId}::uuid
    ), others as (
      select email, phone from cronhook.companies where id <> ${companyId}::uuid
      union all select email, phone from cronhook.users where company_id is distinct from ${companyId}::uuid
      union all select customer_email, null from cronhook.billing_documents where company_id <> ${companyId}::uuid
    )
    select name, archived, address, phone,
      exists (select from others where lower(trim(email)) = address) as "addressOfOthers",
      exists (select from others where right(regexp_replace(others.phone, '[^0-9]', '', 'g'), 9) = digits)
        as "phoneOfOthers"
    from own
  `);
  if (!given) return NO_CONTACTS;
  const { name, archived, address, phone, addressOfOthers, phoneOfOthers } = given;
  const isNumber = !phoneOfOthers && (phone ?? '').replace(/\D/g, '').length >= SHORTEST_NUMBER;
  const patterns = [namePattern(name), isNumber ? phonePattern(phone ?? '') : undefined];
  const addresses = address && !addressOfOthers ? [address] : [];
  return {
    addresses,
    recipients: addresses.filter((own) => archived && !administrators.includes(own)),
    names: patterns.filter((pattern) => pattern !== undefined),
  };
}
