import { sql } from 'drizzle-orm';
import type { Vault } from '../../clients/vault.js';
import type { Database } from '../../db/client.js';
import { type Envelope, sealedIn } from '../../messages/queue.js';
import { goingMailboxes, oneOf } from './rules.js';

/** Sends one statement, in a transaction or by itself. */
export type Rows = Database['rows'];

/** Whose data goes, and by what it is recognised. */
export interface Subject {
  userId: string;
  companyId: string | null;
  /** Nobody else is left: the company's data goes too. */
  lastMember: boolean;
  email: string;
  name: string;
  /** Lower-case. Messages to them go, texts that name them are redacted. */
  addresses: string[];
  /** As messages are sent to them. */
  numbers: string[];
  /** What texts may call them: names of two words or more, numbers, the customer id. */
  names: string[];
  mailboxIds: string[];
  /** Encrypted messages to them, which no condition could find. */
  sealedIds: string[];
  /** The address gets nothing, not even a farewell. */
  suppressed: boolean;
}

interface Contact {
  name: string;
  email: string | null;
  phone: string | null;
}

interface Person extends Contact {
  email: string;
  stripeCustomerId: string | null;
  suppressed: boolean;
}

interface ReadOptions {
  /** Only a user whose deletion has begun. */
  claimed: boolean;
  /** False for a look without consequences. */
  lock: boolean;
  vault: Vault | undefined;
}

/**
 * Locks the company, its users and the mailboxes: of two deletions in one company exactly one finds itself the last.
 * @returns undefined when the user is gone, or not claimed although that is asked for
 */
export async function readSubject(
  rows: Rows,
  userId: string,
  { claimed, lock, vault }: ReadOptions,
): Promise<Subject | undefined> {
  const locked = lock ? sql`for update` : sql``;
  const [seen] = await rows<{ companyId: string | null }>(
    sql`select company_id as "companyId" from cronhook.users where id = ${userId}::uuid`,
  );
  const companyId = seen?.companyId ?? null;
  const [company] = await rows<Contact>(
    sql`select name, email, phone from cronhook.companies where id = ${companyId}::uuid ${locked}`,
  );
  const members = await rows<{ id: string }>(
    sql`select id from cronhook.users where company_id = ${companyId}::uuid order by id ${locked}`,
  );
  const [person] = await rows<Person>(sql`
    select name, email, phone, stripe_customer_id as "stripeCustomerId",
      exists (select from cronhook.suppressed_addresses where lower(address) = lower(email)) as suppressed
    from cronhook.users
    where id = ${userId}::uuid and company_id is not distinct from ${companyId}::uuid
      ${claimed ? sql`and deletion_started_at is not null` : sql``} ${locked}
  `);
  if (!person) return undefined;
  const lastMember = companyId !== null && members.every(({ id }) => id === userId);
  const contacts = lastMember && company ? [person, company] : [person];
  const subject: Subject = {
    userId,
    companyId,
    lastMember,
    email: person.email,
    name: person.name,
    ...(await recognise(rows, userId, contacts)),
    mailboxIds: [],
    sealedIds: [],
    suppressed: person.suppressed,
  };
  if (person.stripeCustomerId) subject.names.push(person.stripeCustomerId);
  const mailboxes = await rows<{ id: string }>(
    sql`select id from cronhook.inbox_integrations where ${goingMailboxes(subject)} order by id ${locked}`,
  );
  subject.mailboxIds = mailboxes.map(({ id }) => id);
  if (vault) subject.sealedIds = await sealedTo(rows, vault, subject.addresses);
  return subject;
}

const TWO_WORDS = /\S\s+\S/;
const SHORTEST_NUMBER = 6;

/** What somebody else is reached by too (a switchboard, say) recognises nobody. */
async function recognise(
  rows: Rows,
  userId: string,
  contacts: Contact[],
): Promise<Pick<Subject, 'addresses' | 'numbers' | 'names'>> {
  const [own, ...companies] = contacts;
  const emails = companies.flatMap(({ email }) => email?.trim().toLowerCase() || []);
  const phones = contacts.flatMap(({ phone }) => phone || []);
  const shared = await rows<{ email: string; phone: string | null }>(sql`
    select lower(email) as email, phone from cronhook.users
    where id <> ${userId}::uuid and (lower(email) in ${oneOf(emails, 'text')} or phone in ${oneOf(phones, 'text')})
  `);
  const unshared = phones.filter((phone) => shared.every((other) => other.phone !== phone));
  const spelled = unshared.filter((phone) => phone.replace(/\D/g, '').length >= SHORTEST_NUMBER);
  return {
    // An empty one would be everybody's: the recipient of encrypted messages is.
    addresses: [
      own?.email?.trim().toLowerCase() ?? '',
      ...emails.filter((email) => shared.every((other) => other.email !== email)),
    ].filter(Boolean),
    numbers: spelled.map(toE164),
    names: [
      ...contacts.map(({ name }) => name.trim()).filter((name) => TWO_WORDS.test(name)),
      ...spelled.flatMap((phone) => [phone.trim(), toE164(phone)]),
    ],
  };
}

/** French numbers are often written without their country. */
const toE164 = (phone: string): string =>
  phone
    .replace(/[^\d+]/g, '')
    .replace(/^00/, '+')
    .replace(/^0(?=\d{9}$)/, '+33');

/** Messages that wait encrypted; those that have ended are blank. */
async function sealedTo(rows: Rows, vault: Vault, addresses: string[]): Promise<string[]> {
  const sealed = await rows<{ id: string; body: string }>(sql`
    select id, text_body as body from cronhook.outbox_messages
    where ephemeral and status in ('pending', 'sending', 'held')
  `);
  return sealed
    .filter(({ id, body }) => addresses.includes(recipientOf(vault, id, body)))
    .map(({ id }) => id);
}

function recipientOf(vault: Vault, id: string, body: string): string {
  try {
    return (JSON.parse(vault.decrypt(body, sealedIn(id))) as Envelope).recipient.toLowerCase();
  } catch {
    return '';
  }
}
