import { type SQL, sql } from 'drizzle-orm';
import { rowsOf, type Transaction } from '../../db/client.js';
import { anyOf } from '../../db/ids.js';
import type { FollowupNotice } from '../../locales/followups.js';
import type { DocumentKind } from '../../locales/mails.js';
import { webUrl } from '../../messages/layout-clean.js';
import { addNotifications } from '../../messages/notify.js';

/** A document whose chase its owners are told of. */
export interface ToldDocument {
  companyId: string;
  kind: DocumentKind;
  number: string;
  customerName: string;
  customerEmail: string;
  url: string | null;
  daysLate: number;
}

interface Telling<Document> {
  kind: 'followup_stopped' | 'followup_last_step';
  texts: FollowupNotice;
  /** Names the cause; each owner is told of it once. */
  cause(document: Document): string;
}

/** Tells each document's owners of what became of its chase. */
export async function tellOwners<Document extends ToldDocument>(
  tx: Transaction,
  documents: Document[],
  { kind, texts, cause }: Telling<Document>,
): Promise<void> {
  if (documents.length === 0) return;
  const owners = await ownersOf(tx, anyOf(documents.map(({ companyId }) => companyId)));
  const notifications = documents.flatMap((document) => {
    const words = wordsOf(document);
    return owners
      .filter(({ companyId }) => companyId === document.companyId)
      .map(({ id }) => ({
        userId: id,
        kind,
        severity: 'important' as const,
        dedupeKey: `${cause(document)}:${id}`,
        title: texts.title(words),
        body: texts.body(words),
        link: webUrl(document.url) ?? null,
      }));
  });
  await addNotifications(tx, notifications);
}

const wordsOf = ({ kind, number, customerName, customerEmail, daysLate }: ToldDocument) => ({
  kind,
  number,
  customer: customerName,
  address: customerEmail,
  daysLate,
});

/** Those who answer for a company, as long as they are there. */
const ownersOf = (tx: Transaction, companies: SQL) =>
  rowsOf<{ id: string; companyId: string }>(
    tx,
    sql`
      select id, company_id as "companyId" from cronhook.users
      where company_id = ${companies} and role = 'owner' and disabled_at is null and deletion_started_at is null
    `,
  );
