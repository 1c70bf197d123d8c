import { randomUUID } from 'node:crypto';
import { getTableColumns, getTableName, sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { queueMessages } from '../../src/messages/queue.js';
import { PERSONAL_DATA } from '../../src/tasks/accounts/personal-data.js';
import { TABLES, type TableName, type TableRule } from '../../src/tasks/accounts/rules.js';
import { type AccountsService, NIGHT, startAccounts, YESTERDAY } from '../support/accounts.js';

const EMAIL = 'Jeanne.Marqueur@trace.example';
const NAME = 'Jeanne Marqueur';
const PHONE = '06 98 76 54 32';
const CUSTOMER = 'cus_TraceMarqueur';
const ADDRESS = /trace\.example/i;
const TRACE = /jeanne|marqueur|trace\.example|698765432|6 98 76 54 32/i;
const MARKED = `${NAME} <${EMAIL}>, mailto:${EMAIL.toLowerCase()}, ?to=${encodeURIComponent(EMAIL)}, ${PHONE}, +33698765432, ${CUSTOMER}`;

/** Every column of the registry, as the database calls it. */
const COLUMNS = (Object.entries(PERSONAL_DATA) as [TableName, TableRule][]).flatMap(([tableName, rule]) =>
  Object.entries(getTableColumns(TABLES[tableName])).map(([property, column]) => ({
    tableName,
    table: getTableName(TABLES[tableName]),
    name: column.name,
    type: column.getSQLType(),
    rule: rule.columns[property] ?? '',
  })),
);
const holdsText = ({ type }: { type: string }) => ['text', 'jsonb', 'text[]'].includes(type);
const named = ({ table, name }: { table: string; name: string }) => `${table}.${name}`;

/** A value of the column's type with every trace of the person in it. */
function marked(type: string): unknown {
  if (type === 'text[]') return [MARKED, 'other'];
  if (type !== 'jsonb') return MARKED;
  return { text: `a "quoted"\n${EMAIL}\n${NAME}`, [EMAIL]: [{ deep: MARKED }], number: 12.5 };
}

/** A row in which every text column that one of these rules covers holds the traces. */
async function addMarked(
  service: AccountsService,
  table: string,
  values: Record<string, unknown>,
  covered: (rule: string) => boolean,
) {
  const own = COLUMNS.filter((column) => column.table === table && holdsText(column) && covered(column.rule));
  const traces = Object.fromEntries(own.map(({ name, type }) => [name, marked(type)]));
  await service.insert(table, { ...traces, ...values });
}

const personal = (rule: string) => rule !== 'none';

interface World {
  service: AccountsService;
  user: string;
  company: string;
  document: string;
  /** Rows of people who have nothing to do with that person: what they call somebody stays theirs. */
  foreign: string[];
}

/** A person who has left traces wherever there is room for them, in the own rows and in those of others. */
async function leaveTraces(service: AccountsService, options: { alone: boolean }): Promise<World> {
  const others = await service.company({ name: 'Les Autres', email: 'autres@other.example' });
  const stranger = await service.user(others, { email: 'stranger@other.example', name: 'Marc Autre' });
  const company = await service.company({
    name: options.alone ? NAME : 'Atelier',
    email: EMAIL.toLowerCase(),
    phone: PHONE,
  });
  const luc = { name: 'Luc Reste', email: 'luc@atelier.example' };
  const colleague = options.alone ? stranger : await service.user(company, luc);
  const user = await service.leaving(company, {
    email: EMAIL,
    name: NAME,
    phone: PHONE,
    stripe_customer_id: CUSTOMER,
  });
  service.stripe.addCustomer(CUSTOMER, 1);
  const add = (table: string, values: Record<string, unknown>, covered = personal) =>
    addMarked(service, table, values, covered);
  const later = '2027-01-01T00:00:00Z';

  await add('sessions', { id: randomUUID(), user_id: user, expires_at: later });
  await add('tokens', { id: randomUUID(), user_id: user, expires_at: later });
  await add('user_activity', { user_id: user, day: '2026-11-01' });
  await add('investor_profiles', { id: randomUUID(), user_id: user });
  await add('leads', { id: randomUUID(), email: EMAIL });
  await add('application_logs', { id: 1, level: 'info' });
  await add('suppressed_addresses', { address: 'other@other.example' });
  await add('suppressed_addresses', { address: '+33698765432', reason: 'stop' });
  const message = { task: 'followups', channel: 'email', message_id: '<1@cronhook>', ephemeral: false };
  const outbox = { ...message, attempts: 0, next_attempt_at: later };
  const key = () => ({ id: randomUUID(), dedupe_key: `test:${randomUUID()}` });
  await add('outbox_messages', { ...outbox, ...key(), recipient: EMAIL.toUpperCase(), status: 'sent' });
  await add('outbox_messages', { ...outbox, ...key(), recipient: EMAIL, status: 'pending' });
  await add('outbox_messages', {
    ...outbox,
    ...key(),
    channel: 'sms',
    recipient: '+33 6 98 76 54 32',
    status: 'sent',
  });
  if (!options.alone)
    await add('outbox_messages', { ...outbox, ...key(), recipient: 'Luc@Atelier.example', status: 'sent' });
  const [toMarc, toStranger] = [key(), key()];
  await add('outbox_messages', { ...outbox, ...toMarc, recipient: 'marc@other.example', status: 'sent' });
  await service.insert('outbox_messages', {
    ...outbox,
    ...key(),
    recipient: 'marc@other.example',
    status: 'pending',
    subject: `De ${EMAIL}`,
    text_body: `Répondez à ${EMAIL}`,
    headers: { 'Reply-To': EMAIL },
    attachments: [],
  });
  const { sender } = service.services.mail ?? { sender: undefined };
  const sealed = { task: 'x', dedupeKey: 'x:1', recipient: EMAIL, subject: 'x', text: 'x', ephemeral: true };
  await service.db.transaction((tx) =>
    queueMessages(tx, [sealed], { sender, vault: service.services.vault, now: new Date(later) }),
  );
  await add('notifications', { ...key(), user_id: user, kind: 'x', severity: 'info' });
  for (const reader of options.alone ? [null] : [colleague, null])
    await add('notifications', { ...key(), user_id: reader, kind: 'x', severity: 'info' });
  await add('notifications', { ...toStranger, user_id: stranger, kind: 'x', severity: 'info' });
  const todo = { company_id: company, priority: 'low', status: 'open' };
  await add('todos', { ...todo, id: randomUUID(), assignee_id: user });
  await add('todos', { ...todo, id: randomUUID(), assignee_id: colleague });
  const appointment = { company_id: company, starts_at: later, reminder_minutes: [60], status: 'planned' };
  await add('appointments', { ...appointment, id: randomUUID(), user_id: user });
  await add('appointments', { ...appointment, id: randomUUID(), user_id: colleague });
  for (const [email, username, owner] of [
    [EMAIL, 'login', company],
    ['info@other.example', EMAIL.toLowerCase(), company],
    ['contact@atelier.example', 'contact', company],
    [EMAIL, EMAIL, null],
  ])
    await addMailbox(service, { company_id: owner, email, username });
  await service.settings(company, { sender_name: NAME, reply_to: EMAIL });
  const document = { id: randomUUID(), company_id: company, kind: 'invoice', total_cents: 1200 };
  await add('billing_documents', {
    ...document,
    currency: 'EUR',
    status: 'sent',
    issued_at: '2026-10-01',
    due_at: '2026-11-01',
  });
  await add('incidents', {
    id: randomUUID(),
    source: 'task:inbox-sync',
    severity: 'info',
    opened_at: YESTERDAY,
    last_seen_at: YESTERDAY,
  });
  for (let run = 0; run < 250; run++)
    await add('task_runs', {
      id: randomUUID(),
      task: 'inbox-sync',
      status: 'partial',
      trigger: 'http',
      host: 'x',
      dry_run: false,
      started_at: YESTERDAY,
    });
  return { service, user, company, document: document.id, foreign: [toMarc.id, toStranger.id] };
}

async function addMailbox(service: AccountsService, values: Record<string, unknown>): Promise<void> {
  const [mailbox, folder] = [randomUUID(), randomUUID()];
  const settings = { port: 993, tls: 'implicit', auth_type: 'password', enabled: false };
  const numbers = { uid_validity: 1, uid: 1, size_bytes: 1 };
  await addMarked(
    service,
    'inbox_integrations',
    { id: mailbox, ...settings, consecutive_failures: 0, ...values },
    personal,
  );
  await addMarked(
    service,
    'inbox_folders',
    { id: folder, integration_id: mailbox, uid_validity: 1, last_uid: 1 },
    personal,
  );
  await addMarked(
    service,
    'inbox_messages',
    {
      id: randomUUID(),
      folder_id: folder,
      ...numbers,
      auto_submitted: false,
      thread_id: randomUUID(),
      received_at: YESTERDAY,
    },
    personal,
  );
}

/** `table.column` wherever a trace is, over every row of every table but these. */
async function traces({ db }: AccountsService, trace = TRACE, except: string[] = []): Promise<Set<string>> {
  const tables = await db.rows<{ name: string }>(
    sql`select table_name as name from information_schema.tables where table_schema = 'cronhook'`,
  );
  const found = new Set<string>();
  for (const { name } of tables) {
    const rows = await db.rows<{ row: Record<string, unknown> }>(
      sql`select to_jsonb(held) as row from cronhook.${sql.identifier(name)} held`,
    );
    for (const { row } of rows.filter(({ row }) => !except.includes(String(row.id))))
      for (const [column, value] of Object.entries(row))
        if (trace.test(JSON.stringify(value))) found.add(`${name}.${column}`);
  }
  return found;
}

const coveredText = COLUMNS.filter((column) => holdsText(column) && personal(column.rule));
const isKept = ({ rule }: { rule: string }) => rule.startsWith('kept');
/** Runs, incidents and reasons tell of everybody, and a name may be any words: only the address goes there. */
const addressGoes = ({ rule }: { rule: string }) => rule === 'address redacted';
const columnsOf = (...chosen: ((column: { rule: string }) => boolean)[]) =>
  COLUMNS.filter((column) => holdsText(column) && chosen.some((choose) => choose(column))).map(named);

describe('the registry of personal data', () => {
  test('decides about every table and column of the database, and about no other', async () => {
    const service = await startAccounts();
    const columns = await service.db.rows<{ table: string; name: string }>(sql`
      select table_name as table, column_name as name from information_schema.columns
      where table_schema = 'cronhook' and table_name <> 'migrations'
    `);
    expect(COLUMNS.map(named).sort()).toEqual(columns.map(named).sort());
    expect(COLUMNS.filter(({ rule }) => !rule)).toEqual([]);
  });

  test('promises that a row goes only where a condition says which', () => {
    for (const { tableName, rule, name } of COLUMNS) {
      const { goes } = PERSONAL_DATA[tableName] as TableRule;
      if (rule === 'row goes') expect(goes, `${tableName}.${name}`).toBeDefined();
      if (rule.startsWith('kept')) expect(rule.length, name).toBeGreaterThan('kept: '.length);
    }
  });
});

describe('after the deletion', () => {
  test('of a company’s last member no address is left but in the invoices, which stay to the letter, and no name but where others’ rows may hold it', async () => {
    const service = await startAccounts();
    const { company, document, user, foreign } = await leaveTraces(service, { alone: true });
    const before = await traces(service);
    // A new column that may hold personal data must be seen losing it.
    expect(coveredText.filter((column) => !before.has(named(column))).map(named)).toEqual([]);
    const invoices = () => service.db.rows(sql`select * from cronhook.billing_documents`);
    const invoicesBefore = await invoices();

    const answer = await service.runDeletions();
    expect(answer).toMatchObject({ status: 'succeeded', stats: { deleted: 1, sent: 1 } });
    const invoiceColumns = columnsOf(isKept).filter((column) => column.startsWith('billing_documents.'));
    expect([...(await traces(service, ADDRESS))].sort()).toEqual(invoiceColumns.sort());
    const after = await traces(service, TRACE, foreign);
    expect([...after].sort()).toEqual([...invoiceColumns, ...columnsOf(addressGoes)].sort());
    expect(await invoices()).toEqual(invoicesBefore);
    expect(JSON.stringify(answer) + service.log() + JSON.stringify(await service.erasures())).not.toMatch(
      TRACE,
    );

    const [row] = await service.db.rows<Record<string, unknown>>(
      sql`select * from cronhook.companies where id = ${company}::uuid`,
    );
    expect(row).toMatchObject({
      name: 'Entreprise supprimée',
      email: null,
      phone: null,
      status: 'anonymized',
    });
    expect([row?.anonymized_at, row?.cancelled_at].map((at) => new Date(String(at)))).toEqual([NIGHT, NIGHT]);
    expect(await service.chase(document)).toMatchObject({ stopped_reason: 'company_deleted' });
    const [deletion] = await service.deletions();
    expect(deletion).toMatchObject({
      user_id: user,
      counts: {
        users: 1,
        sessions: 1,
        tokens: 1,
        user_activity: 1,
        investor_profiles: 1,
        suppressed_addresses: 2,
        outbox_messages: 6,
        notifications: 3,
        todos: 2,
        appointments: 2,
        inbox_messages: 4,
        inbox_folders: 4,
        inbox_integrations: 4,
        billing_settings: 1,
        followups: 1,
        companies: 1,
        incidents: 1,
        task_runs: 250,
      },
    });
  });

  test('of a member the living company keeps its mailboxes and nothing else of that person', async () => {
    const service = await startAccounts();
    const { company, foreign } = await leaveTraces(service, { alone: false });
    expect(await service.runDeletions()).toMatchObject({ status: 'succeeded', stats: { deleted: 1 } });
    expect([...(await traces(service, ADDRESS))].sort()).toEqual(columnsOf(isKept).sort());
    const after = await traces(service, TRACE, foreign);
    expect([...after].sort()).toEqual(columnsOf(isKept, addressGoes).sort());

    const count = async (table: string) =>
      (await service.db.rows(sql`select from cronhook.${sql.identifier(table)}`)).length;
    expect(await count('inbox_integrations')).toBe(3);
    expect(await count('todos')).toBe(1);
    expect(await count('appointments')).toBe(1);
    const [row] = await service.db.rows<Record<string, unknown>>(sql`
      select company.name, company.status, company.email, settings.sender_name, settings.reply_to,
        (select title from cronhook.todos) as title
      from cronhook.companies company join cronhook.billing_settings settings on settings.company_id = company.id
      where company.id = ${company}::uuid
    `);
    expect(row).toMatchObject({
      name: 'Atelier',
      status: 'active',
      email: null,
      sender_name: null,
      reply_to: null,
    });
    expect(row?.title).toBe(
      '[supprimé] <[supprimé]>, mailto:[supprimé], ?to=[supprimé], [supprimé], [supprimé], [supprimé]',
    );
  });
});
