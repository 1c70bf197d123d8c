import { sql } from 'drizzle-orm';
import { rowsOf, type Transaction } from '../../db/client.js';
import type { AppDependencies } from '../../routes/environment.js';

interface SampleCompany {
  id: string;
  replyTo: string;
  /** Of the users who have work to do. */
  owner: string;
  admin: string;
  member: string;
}

interface SampleDocument {
  kind: 'invoice' | 'quote';
  number: string;
  customer: [name: string, email: string];
  cents: number;
  issuedDaysAgo: number;
  /** Negative: still to come. */
  dueDaysAgo?: number;
  paidDaysAgo?: number;
}

const DOCUMENTS: SampleDocument[] = [
  {
    kind: 'invoice',
    number: 'F-2041',
    customer: ["L'Atelier d'Hélène", 'compta@atelier-helene.example'],
    cents: 1_284_50,
    issuedDaysAgo: 34,
    dueDaysAgo: 4,
  },
  {
    kind: 'invoice',
    number: 'F-2037',
    customer: ['Scierie Bois & Cie', 'comptabilite@bois-et-cie.example'],
    cents: 612_00,
    issuedDaysAgo: 42,
    dueDaysAgo: 12,
  },
  {
    kind: 'invoice',
    number: 'F-2029',
    customer: ['Mairie de Saint-Cœur', 'finances@saint-coeur.example'],
    cents: 18_940_00,
    issuedDaysAgo: 55,
    dueDaysAgo: 25,
  },
  {
    kind: 'invoice',
    number: 'F-1987',
    customer: ['Jean-François Garnier', 'jf.garnier@courriel.example'],
    cents: 340_80,
    issuedDaysAgo: 150,
    dueDaysAgo: 120,
  },
  {
    kind: 'invoice',
    number: 'F-2046',
    customer: ['Cabinet Lefèvre', 'c.lefevre@cabinet-lefevre.example'],
    cents: 2_150_00,
    issuedDaysAgo: 10,
    dueDaysAgo: -20,
  },
  {
    kind: 'invoice',
    number: 'F-2033',
    customer: ['Architectes Benali', 'karim.benali@architectes-benali.example'],
    cents: 4_820_00,
    issuedDaysAgo: 48,
    dueDaysAgo: 18,
    paidDaysAgo: 15,
  },
  {
    kind: 'quote',
    number: 'D-318',
    customer: ['Durand & Fils', 'helene.durand@durand-fils.example'],
    cents: 7_460_00,
    issuedDaysAgo: 5,
  },
];

const LEAVING_USER = { email: 'paul@atelier-moreau.example', name: 'Paul Girard' };

/**
 * Something to do for each task of Lokario, seen from the first start: documents to chase, todos, an appointment and
 * a user to delete. Later starts add nothing, so that what a task has deleted does not come back.
 */
export async function addLokarioSample(
  { db, now, site }: Pick<AppDependencies, 'db' | 'now' | 'site'>,
  company: SampleCompany,
): Promise<void> {
  const at = now().toISOString();
  await db.transaction(async (tx) => {
    const first = await rowsOf(
      tx,
      sql`
        insert into cronhook.billing_settings (company_id, sender_name, reply_to)
        values (${company.id}::uuid, 'Atelier Moreau', ${company.replyTo})
        on conflict do nothing returning 1
      `,
    );
    if (first.length === 0) return;
    await addDocuments(tx, company, at, site.timeZone);
    await addAgenda(tx, company, at);
    await addLeavingUser(tx, company, at);
  });
}

async function addDocuments(tx: Transaction, company: SampleCompany, at: string, timeZone: string) {
  const rows = DOCUMENTS.map(({ kind, number, customer: [name, email], cents, ...daysAgo }) => ({
    kind,
    number,
    customer_name: name,
    customer_email: email,
    total_cents: cents,
    issued_days_ago: daysAgo.issuedDaysAgo,
    due_days_ago: daysAgo.dueDaysAgo,
    paid_days_ago: daysAgo.paidDaysAgo,
    url: `https://atelier-moreau.example/documents/${number}`,
  }));
  await rowsOf(
    tx,
    sql`
      insert into cronhook.billing_documents (company_id, kind, number, customer_name, customer_email, total_cents,
        issued_at, due_at, paid_at, status, url)
      select ${company.id}::uuid, kind, number, customer_name, customer_email, total_cents,
        today - issued_days_ago, today - due_days_ago, ${at}::timestamptz - paid_days_ago * interval '1 day',
        case when paid_days_ago is null then 'sent' else 'paid' end, url
      from json_to_recordset(${JSON.stringify(rows)}::json) as document (kind text, number text, customer_name text,
        customer_email text, total_cents bigint, issued_days_ago int, due_days_ago int, paid_days_ago int, url text),
        (select (${at}::timestamptz at time zone ${timeZone})::date as today) as calendar
    `,
  );
}

async function addAgenda(tx: Transaction, { id, owner, admin, member }: SampleCompany, at: string) {
  const todos = [
    { assignee: admin, title: 'Rappeler la scierie pour les tasseaux', hours: -48, priority: 'normal' },
    { assignee: member, title: 'Envoyer le plan de coupe à la mairie', hours: 5, priority: 'critical' },
    { assignee: member, title: 'Ranger le stock de quincaillerie', hours: 24 * 6, priority: 'low' },
  ];
  await rowsOf(
    tx,
    sql`
      insert into cronhook.todos (company_id, assignee_id, title, due_at, priority)
      select ${id}::uuid, "user".id, title, ${at}::timestamptz + hours * interval '1 hour', priority
      from json_to_recordset(${JSON.stringify(todos)}::json)
          as todo (assignee text, title text, hours int, priority text)
        join cronhook.users "user" on "user".email = assignee
    `,
  );
  await rowsOf(
    tx,
    sql`
      insert into cronhook.appointments (company_id, user_id, title, starts_at, location)
      select ${id}::uuid, id, 'Prise de mesures chez Hélène Durand', ${at}::timestamptz + interval '20 hours',
        '4 quai des Carmes, Angers'
      from cronhook.users where email = ${owner}
    `,
  );
}

async function addLeavingUser(tx: Transaction, company: SampleCompany, at: string) {
  const { email, name } = LEAVING_USER;
  await rowsOf(
    tx,
    sql`
      with leaving as (
        insert into cronhook.users (company_id, email, name, role, deletion_requested_at, deletion_scheduled_at)
        values (${company.id}::uuid, ${email}, ${name}, 'member', ${at}::timestamptz - interval '30 days',
          ${at}::timestamptz - interval '1 hour')
        on conflict do nothing returning id
      )
      insert into cronhook.sessions (user_id, expires_at)
      select id, ${at}::timestamptz + interval '7 days' from leaving
    `,
  );
}
