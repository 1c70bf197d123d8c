import { type SQL, sql } from 'drizzle-orm';
import { isAddress } from '../../clients/mail.js';
import type { Vault } from '../../clients/vault.js';
import type { Database } from '../../db/client.js';
import { suppressedSql } from '../../db/suppressions.js';
import { type Envelope, sealedIn } from '../../messages/queue.js';
import { type Contacts, contactsOf, NO_CONTACTS } from './contacts.js';
import { literalPattern, namePattern, type Pattern, phonePattern, phoneRecipients } from './patterns.js';
import { goingMailboxes } from './rules.js';

/** Sends one statement, in a transaction or by itself. */
export type Rows = Database['rows'];

/**
 * Whose data goes, and by what it is recognised: what the person logs in with and is called by. What a company says of
 * itself is anybody's to write, an address of somebody else's customer too: only leads and the rows of the service lose
 * it, with the company, unless somebody else is known by it; the mails to it go with a company that was archived.
 */
export interface Subject {
  userId: string;
  companyId: string | null;
  /** Nobody else is left in the company. */
  lastMember: boolean;
  /** The company's data goes too. */
  closesCompany: boolean;
  email: string;
  name: string;
  /** The person's own, lower-case; empty where there is none. Messages to it go, texts that name it are redacted. */
  addresses: string[];
  /** As messages are sent to them. */
  numbers: string[];
  /** What the person's surroundings may call them: names of two words or more, numbers, the customer id. */
  names: Pattern[];
  /** Lower-case: mails to them are searched for the name too. */
  administrators: string[];
  mailboxIds: string[];
  /** Of the mailboxes that go, lower-case: runs of the inbox sync tell of them. */
  mailboxAddresses: string[];
  /** Of the company that goes. */
  contacts: Contacts;
  /** Encrypted messages to them, which no condition could find. */
  sealedIds: string[];
  /** The address gets nothing, not even a farewell. */
  suppressed: boolean;
}

interface Person {
  name: string;
  email: string;
  phone: string | null;
  stripeCustomerId: string | null;
  suppressed: boolean;
}

interface ReadOptions {
  /** Only a user whose deletion has begun. */
  claimed: boolean;
  /** False for a look without consequences. */
  lock: boolean;
  /** Whether a company goes with its last member. */
  mayCloseCompany: boolean;
  /** Who reads on the administrators' behalf: `ADMIN_EMAIL`. */
  adminEmail: string | undefined;
  vault: Vault | undefined;
}

/**
 * Locks the company, its users and the mailboxes: of two deletions in one company exactly one finds itself the last.
 * @returns undefined when the user is gone, or not claimed although that is asked for
 */
export async function readSubject(
  rows: Rows,
  userId: string,
  { claimed, lock, vault, mayCloseCompany, adminEmail }: ReadOptions,
): Promise<Subject | undefined> {
  const locked = lock ? sql`for update` : sql``;
  const [seen] = await rows<{ companyId: string | null }>(
    sql`select company_id as "companyId" from cronhook.users where id = ${userId}::uuid`,
  );
  const companyId = seen?.companyId ?? null;
  await rows(sql`select from cronhook.companies where id = ${companyId}::uuid ${locked}`);
  const members = await rows<{ id: string }>(
    sql`select id from cronhook.users where company_id = ${companyId}::uuid order by id ${locked}`,
  );
  const [person] = await rows<Person>(sql`
    select name, email, phone, stripe_customer_id as "stripeCustomerId",
      ${suppressedSql(sql`email`)} as suppressed
    from cronhook.users
    where id = ${userId}::uuid and company_id is not distinct from ${companyId}::uuid
      ${claimed ? sql`and deletion_started_at is not null` : sql``} ${locked}
  `);
  if (!person) return undefined;
  const lastMember = companyId !== null && members.every(({ id }) => id === userId);
  const subject: Subject = {
    userId,
    companyId,
    lastMember,
    closesCompany: lastMember && mayCloseCompany,
    email: person.email,
    name: person.name,
    ...(await recognise(rows, userId, person)),
    administrators: administratorsOf(adminEmail),
    mailboxIds: [],
    mailboxAddresses: [],
    contacts: NO_CONTACTS,
    sealedIds: [],
    suppressed: person.suppressed,
  };
  await addMailboxes(rows, subject, locked);
  if (companyId !== null && subject.closesCompany)
    subject.contacts = await contactsOf(rows, companyId, subject.administrators);
  if (vault) subject.sealedIds = await sealedTo(rows, vault, subject.addresses);
  return subject;
}

const NOBODY = '00000000-0000-0000-0000-000000000000';

/** A company that goes without a last member: nobody is recognised. */
export async function readEmptyCompany(
  rows: Rows,
  companyId: string,
  adminEmail: string | undefined,
): Promise<Subject> {
  const subject: Subject = {
    userId: NOBODY,
    companyId,
    lastMember: true,
    closesCompany: true,
    email: '',
    name: '',
    addresses: [],
    numbers: [],
    names: [],
    administrators: administratorsOf(adminEmail),
    mailboxIds: [],
    mailboxAddresses: [],
    contacts: await contactsOf(rows, companyId, administratorsOf(adminEmail)),
    sealedIds: [],
    suppressed: false,
  };
  await addMailboxes(rows, subject, sql`for update`);
  return subject;
}

const administratorsOf = (adminEmail: string | undefined): string[] =>
  [adminEmail?.trim().toLowerCase()].filter((address) => address !== undefined);

async function addMailboxes(rows: Rows, subject: Subject, locked: SQL): Promise<void> {
  const mailboxes = await rows<{ id: string; email: string }>(
    sql`select id, email from cronhook.inbox_integrations where ${goingMailboxes(subject)} order by id ${locked}`,
  );
  subject.mailboxIds = mailboxes.map(({ id }) => id);
  subject.mailboxAddresses = mailboxes.map(({ email }) => email.trim().toLowerCase()).filter(isAddress);
}

const SHORTEST_NUMBER = 6;

/** A number that somebody else is reached by too (a switchboard, say) recognises nobody. */
async function recognise(
  rows: Rows,
  userId: string,
  { name, email, phone, stripeCustomerId }: Person,
): Promise<Pick<Subject, 'addresses' | 'numbers' | 'names'>> {
  const digits = (phone ?? '').replace(/\D/g, '');
  const shared = await rows(sql`
    select from cronhook.users
    where id <> ${userId}::uuid and right(regexp_replace(phone, '[^0-9]', '', 'g'), 9) = ${digits.slice(-9)}
  `);
  const isOwn = shared.length === 0 && digits.length >= SHORTEST_NUMBER;
  const number = isOwn ? (phone ?? '') : '';
  return {
    // An empty one would be everybody's: the recipient of encrypted messages is.
    addresses: [email.trim().toLowerCase()].filter(Boolean),
    numbers: number ? phoneRecipients(number) : [],
    names: [
      namePattern(name),
      number ? phonePattern(number) : undefined,
      stripeCustomerId ? literalPattern(stripeCustomerId) : undefined,
    ].filter((pattern) => pattern !== undefined),
  };
}

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
