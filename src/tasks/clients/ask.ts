import { sql } from 'drizzle-orm';
import { isAddress } from '../../clients/mail-address.js';
import { rowsOf, type Transaction } from '../../db/client.js';
import { at } from '../../db/signs-of-life.js';
import { suppressedSql } from '../../db/suppressions.js';
import { addNotifications } from '../../messages/notify.js';
import { type NewMessage, queueMessages } from '../../messages/queue.js';
import { reactivationMail } from '../../messages/templates/reactivation.js';
import { eachCompany, lockCompany } from './companies.js';
import { type ArchiveContext, type ArchiveRun, type Company, NAME } from './model.js';
import { mayBeAsked, momentOf } from './states.js';

/** « Voulez-vous réactiver ? »: the time of asking and the mail are written together. */
export async function askInactive(run: ArchiveRun): Promise<void> {
  const { context, tally } = run;
  await eachCompany(run, mayBeAsked(momentOf(context)), {}, async ({ id, name }) => {
    if (context.dryRun) context.would(name, { step: 'ask', company: id });
    const outcome = context.dryRun ? 'asked' : await ask(context, id);
    if (outcome === 'not-due') return;
    tally.asked += 1;
    if (outcome === 'unreachable') tally.unreachable += 1;
  });
}

type Outcome = 'asked' | 'unreachable' | 'not-due';

function ask(context: ArchiveContext, companyId: string): Promise<Outcome> {
  return context.db.write(async (tx) => {
    const moment = momentOf(context);
    const company = await lockCompany(tx, companyId, mayBeAsked(moment));
    if (!company) return 'not-due';
    await tx.execute(
      sql`update cronhook.companies set reactivation_asked_at = ${at(moment.now)} where id = ${companyId}::uuid`,
    );
    const reader = await readerOf(tx, company);
    const cause = `${companyId}:${moment.now.getTime()}`;
    if (!reader) {
      await tellAdministrators(tx, context, companyId, cause);
      return 'unreachable';
    }
    const message = toMessage(company, reader, { ...context, askedAt: moment.now, cause });
    await queueMessages(tx, [message], {
      sender: context.mail.sender,
      vault: context.vault,
      now: moment.now,
    });
    return 'asked';
  });
}

interface Reader {
  address: string;
  name: string;
}

/**
 * One person: an owner before an administrator, then the company's own address. An expired trial has disabled its
 * people: they come next, and at last whoever else is there.
 */
async function readerOf(tx: Transaction, company: Company): Promise<Reader | undefined> {
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
      where place is not null and not ${suppressedSql(sql`address`)}
      order by place, id
    `,
  );
  return readers.find(({ address }) => isAddress(address));
}

function toMessage(
  { id, name }: Company,
  reader: Reader,
  context: ArchiveContext & { askedAt: Date; cause: string },
): NewMessage {
  const { site, askedAt, cause } = context;
  const unsubscribeUrl = site.unsubscribeUrl(reader.address);
  const url = site.reactivationUrl({ companyId: id, askedAt }) ?? site.appUrl;
  const letter = reactivationMail(
    { name: reader.name, company: name, askedAt, url, unsubscribeUrl },
    context,
  );
  return {
    task: NAME,
    dedupeKey: `reactivation:${cause}`,
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
  cause: string,
): Promise<void> {
  const { title, body } = messages.archiving.unreachable;
  const about = {
    userId: null,
    kind: 'reactivation_unreachable',
    severity: 'important',
    link: null,
  } as const;
  await addNotifications(tx, [
    { ...about, dedupeKey: `reactivation-unreachable:${cause}`, title, body: body(companyId) },
  ]);
}
