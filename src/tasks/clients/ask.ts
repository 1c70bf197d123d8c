import { sql } from 'drizzle-orm';
import { isAddress } from '../../clients/mail-address.js';
import { rowsOf, type Transaction } from '../../db/client.js';
import { sqlTime } from '../../db/moments.js';
import { MOST_READERS, questions } from '../../db/reactivation-questions.js';
import { suppressedSql } from '../../db/suppressions.js';
import { addNotifications } from '../../messages/notify.js';
import { type NewMessage, queueMessages } from '../../messages/queue.js';
import { reactivationMail } from '../../messages/templates/reactivation.js';
import { oneOf } from '../accounts/rules.js';
import { eachCompany, lockCompany } from './companies.js';
import { type ArchiveContext, type ArchiveRun, type Company, NAME } from './model.js';
import { mayBeAsked, mayBeAskedElsewhere, momentOf } from './states.js';

/** « Voulez-vous réactiver ? »: the time of asking and the mail are written together. */
export async function askInactive(run: ArchiveRun): Promise<void> {
  const { context, tally } = run;
  await eachCompany(run, mayBeAsked(momentOf(context)), {}, async ({ id, name }) => {
    if (run.back.has(id)) return;
    if (context.dryRun) context.would(name, { step: 'ask', company: id });
    const outcome = context.dryRun ? 'asked' : await ask(context, id);
    if (outcome === 'not-due') return;
    tally.asked += 1;
    if (outcome === 'unreachable') tally.unreachable += 1;
  });
}

/**
 * Where a question was refused for good the next reader gets it; where none is left the administrators are told, and
 * the clock begins anew.
 * @returns how many are on their way again
 */
export async function askNextReaders(run: ArchiveRun): Promise<number> {
  const { context, tally } = run;
  const before = tally.redirected;
  await eachCompany(run, mayBeAskedElsewhere(momentOf(context)), {}, async ({ id, name }) => {
    if (context.dryRun) context.would(name, { step: 'ask the next reader', company: id });
    const outcome = context.dryRun ? 'asked' : await askNext(context, id);
    if (outcome === 'asked') tally.redirected += 1;
    if (outcome === 'unreachable') tally.unreachable += 1;
  });
  return tally.redirected - before;
}

type Outcome = 'asked' | 'unreachable' | 'not-due';

function ask(context: ArchiveContext, companyId: string): Promise<Outcome> {
  return context.db.write(async (tx) => {
    const moment = momentOf(context);
    const company = await lockCompany(tx, companyId, mayBeAsked(moment));
    if (!company) return 'not-due';
    await noteAsked(tx, companyId, moment.now);
    const reader = await readerOf(tx, company, []);
    const question = { askedAt: moment.now, number: 1 };
    if (reader) return queue(tx, context, { company, reader, question });
    await tellAdministrators(tx, context, companyId, moment.now);
    return 'unreachable';
  });
}

function askNext(context: ArchiveContext, companyId: string): Promise<Outcome> {
  return context.db.write(async (tx) => {
    const moment = momentOf(context);
    const company = await lockCompany(tx, companyId, mayBeAskedElsewhere(moment));
    if (!company) return 'not-due';
    const tried = await rowsOf<{ key: string; recipient: string }>(
      tx,
      sql`select question.key, question.recipient from cronhook.companies company
        cross join lateral (select dedupe_key as key, lower(recipient) as recipient from ${questions}) as question
        where company.id = ${companyId}::uuid`,
    );
    const askedAt = new Date(Number(tried[0]?.key.split(':')[2]));
    const question = { askedAt, number: 1 + Math.max(...tried.map(({ key }) => numberIn(key))) };
    const recipients = tried.map(({ recipient }) => recipient);
    const reader = question.number <= MOST_READERS ? await readerOf(tx, company, recipients) : undefined;
    if (reader) return queue(tx, context, { company, reader, question });
    // Another moment than that of the mails that were refused, or it would be the same question.
    const toldAt = new Date(Math.max(moment.now.getTime(), askedAt.getTime() + 1));
    await noteAsked(tx, companyId, toldAt);
    await tellAdministrators(tx, context, companyId, toldAt);
    return 'unreachable';
  });
}

/** Erasures leave gaps: to count the messages would lead to a number that is taken. */
const numberIn = (key: string): number => Number(key.split(':')[3] ?? 1);

const noteAsked = (tx: Transaction, companyId: string, now: Date) =>
  tx.execute(
    sql`update cronhook.companies set reactivation_asked_at = ${sqlTime(now)} where id = ${companyId}::uuid`,
  );

interface Reader {
  address: string;
  name: string;
}

/**
 * One person: an owner before an administrator, then the company's own address. An expired trial has disabled its
 * people: they come next, and at last whoever else is there.
 */
async function readerOf(tx: Transaction, company: Company, tried: string[]): Promise<Reader | undefined> {
  const readers = await rowsOf<Reader>(
    tx,
    sql`
      select address, name from (
        select trim(email) as address, name, id, case
          when disabled_at is null and role = 'owner' then 1 when disabled_at is null and role = 'admin' then 2
          when role = 'owner' then 4 when role = 'admin' then 5 when disabled_at is null then 6 end as place
        from cronhook.users where company_id = ${company.id}::uuid and deletion_started_at is null
        union all
        select trim(email), '', id, 3 from cronhook.companies where id = ${company.id}::uuid and email is not null
      ) as reader
      where place is not null and not ${suppressedSql(sql`reader.address`)}
        and lower(reader.address) not in ${oneOf(tried, 'text')}
      order by place, id
    `,
  );
  return readers.find(({ address }) => isAddress(address));
}

interface Letter {
  company: Company;
  reader: Reader;
  /** `askedAt` is what the link stands for; the second and later readers are told later. */
  question: { askedAt: Date; number: number };
}

/** One that stands in the queue already is nobody's news: whoever waits for it would wait for ever. */
async function queue(tx: Transaction, context: ArchiveContext, letter: Letter): Promise<Outcome> {
  const { mail, vault } = context;
  const now = context.now();
  const tools = { sender: mail.sender, vault, now };
  const queued = await queueMessages(tx, [toMessage(letter, context, now)], tools);
  return queued > 0 ? 'asked' : 'not-due';
}

function toMessage({ company, reader, question }: Letter, context: ArchiveContext, now: Date): NewMessage {
  const { site } = context;
  const { id, name } = company;
  const { askedAt, number } = question;
  const unsubscribeUrl = site.unsubscribeUrl(reader.address);
  const url = site.reactivationUrl({ companyId: id, askedAt }) ?? site.appUrl;
  const letter = reactivationMail(
    { name: reader.name, company: name, askedAt: now, url, unsubscribeUrl },
    context,
  );
  return {
    task: NAME,
    dedupeKey: `reactivation:${id}:${askedAt.getTime()}${number > 1 ? `:${number}` : ''}`,
    recipient: reader.address,
    ...letter,
    unsubscribeUrl,
  };
}

/** The clock runs for a company that no mail reaches too: somebody may call. */
async function tellAdministrators(
  tx: Transaction,
  { messages }: ArchiveContext,
  companyId: string,
  now: Date,
): Promise<void> {
  const { title, body } = messages.archiving.unreachable;
  const about = {
    userId: null,
    kind: 'reactivation_unreachable',
    severity: 'important',
    link: null,
  } as const;
  await addNotifications(tx, [
    {
      ...about,
      dedupeKey: `reactivation-unreachable:${companyId}:${now.getTime()}`,
      title,
      body: body(companyId),
    },
  ]);
}
