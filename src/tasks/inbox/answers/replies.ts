import { sql } from 'drizzle-orm';
import { rowsOf } from '../../../db/client.js';
import { anyOf } from '../../../db/ids.js';
import { webUrl } from '../../../messages/layout-clean.js';
import { addNotifications } from '../../../messages/notify.js';
import type { FetchedMessage } from '../model.js';
import { type Reading, texts, withoutCopies } from './reading.js';

/**
 * Stops the follow-ups that somebody has answered, and tells the owners.
 * @returns how many it stopped
 */
export async function stopAnswered(reading: Reading): Promise<number> {
  const letters = reading.mails.filter((mail) => isAnswer(mail, reading));
  if (letters.length === 0) return 0;
  const followups = await openFollowups(reading, new Set(letters.flatMap(idsIn)));
  const answering = letters.filter((mail) => idsIn(mail).some((id) => followups.has(id)));
  if (answering.length === 0) return 0;
  const answers = new Map<string, FetchedMessage>();
  for (const mail of await withoutCopies(reading, answering)) {
    for (const id of idsIn(mail)) {
      const followup = followups.get(id);
      if (followup && !answers.has(followup)) answers.set(followup, mail);
    }
  }
  if (answers.size === 0) return 0;
  const stopped = await stop(reading, [...answers.keys()]);
  await tellOwners(reading, stopped, answers);
  return new Set(stopped.map(({ id }) => id)).size;
}

/** What a person has sent to this mailbox in answer to something. Copies of our own mails are auto-submitted. */
function isAnswer(mail: FetchedMessage, { sync, folder }: Reading): boolean {
  if (mail.headers.autoSubmitted || mail.isReport || folder.specialUse === '\\Sent') return false;
  const from = mail.headers.from?.address?.toLowerCase();
  const own = [sync.mailbox.email, sync.mailbox.username].map((address) => address.toLowerCase());
  return (from === undefined || !own.includes(from)) && idsIn(mail).length > 0;
}

const idsIn = ({ headers: { inReplyTo, references } }: FetchedMessage): string[] =>
  inReplyTo === null ? references : [inReplyTo, ...references];

const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
/** What `dedupe_key` says of a follow-up's mail. */
const FOLLOWUP = new RegExp(`^followup:(${UUID}):`);
/** Mails about a document refer to it by its id, since some relays replace their Message-ID. */
const DOCUMENT = new RegExp(`^<(${UUID})@[^@<>]+>$`, 'i');

/** The follow-ups still going on that these ids name. No mailbox answers for another company. */
async function openFollowups({ tx, sync }: Reading, ids: Set<string>): Promise<Map<string, string>> {
  const sent = await rowsOf<{ message_id: string; dedupe_key: string }>(
    tx,
    sql`select message_id, dedupe_key from cronhook.outbox_messages where message_id = any (${texts(ids)})`,
  );
  const byFollowup = sent.flatMap(({ message_id, dedupe_key }) => {
    const [, followup] = FOLLOWUP.exec(dedupe_key) ?? [];
    return followup ? [[message_id, followup] as const] : [];
  });
  const byDocument = [...ids].flatMap((id) => {
    const [, document] = DOCUMENT.exec(id) ?? [];
    return document ? [[id, document.toLowerCase()] as const] : [];
  });
  if (byFollowup.length + byDocument.length === 0) return new Map();
  const open = await rowsOf<{ id: string; document_id: string }>(
    tx,
    sql`
      select followup.id, followup.document_id from cronhook.followups followup
      join cronhook.billing_documents document on document.id = followup.document_id
      join cronhook.inbox_integrations mailbox on mailbox.id = ${sync.mailbox.id}::uuid
      where followup.stopped_at is null
        and (followup.id = ${anyOf(byFollowup.map(([, id]) => id))}
          or followup.document_id = ${anyOf(byDocument.map(([, id]) => id))})
        and (mailbox.company_id is null or mailbox.company_id = document.company_id)
    `,
  );
  const ofFollowup = new Map(open.map(({ id }) => [id, id]));
  const ofDocument = new Map(open.map(({ id, document_id }) => [document_id, id]));
  const found = [
    ...byFollowup.map(([id, followup]) => [id, ofFollowup.get(followup)] as const),
    ...byDocument.map(([id, document]) => [id, ofDocument.get(document)] as const),
  ];
  return new Map(found.flatMap(([id, followup]) => (followup ? [[id, followup] as const] : [])));
}

/** A follow-up and one owner of its document's company; nobody where the company has none. */
interface Stopped {
  id: string;
  kind: 'invoice' | 'quote';
  number: string;
  customer: string;
  url: string | null;
  ownerId: string | null;
}

/** Locked in one order: two mailboxes may hold answers to the same follow-ups. */
function stop({ tx, sync }: Reading, ids: string[]): Promise<Stopped[]> {
  const now = sync.context.now().toISOString();
  return rowsOf<Stopped>(
    tx,
    sql`
      with answered as (
        select id from cronhook.followups where id = ${anyOf(ids)} and stopped_at is null order by id for update
      ), stopped as (
        update cronhook.followups followup set stopped_at = ${now}::timestamptz, stopped_reason = 'replied'
        from answered where followup.id = answered.id returning followup.id, followup.document_id
      )
      select stopped.id, document.kind, document.number, document.customer_name as customer, document.url,
        owner.id as "ownerId"
      from stopped join cronhook.billing_documents document on document.id = stopped.document_id
      left join cronhook.users owner on owner.company_id = document.company_id and owner.role = 'owner'
        and owner.disabled_at is null and owner.deletion_started_at is null
      order by stopped.id, owner.id
    `,
  );
}

async function tellOwners(
  { tx, sync }: Reading,
  stopped: Stopped[],
  answers: Map<string, FetchedMessage>,
): Promise<void> {
  const notifications = stopped.flatMap(({ id, ownerId, url, ...document }) => {
    if (ownerId === null) return [];
    const from = answers.get(id)?.headers.from;
    const sender = [from?.name, from?.address && `<${from.address}>`].filter(Boolean).join(' ');
    return [
      {
        userId: ownerId,
        kind: 'followup_replied',
        severity: 'info' as const,
        dedupeKey: `followup-replied:${id}:${ownerId}`,
        ...sync.context.messages.answers.replied({ ...document, sender }),
        link: webUrl(url) ?? null,
      },
    ];
  });
  await addNotifications(tx, notifications);
}
