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
const searched = (rule: string) => ['redacted', 'cleared'].includes(rule);

interface World {
  service: AccountsService;
  user: string;
  company: string;
  document: string;
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
  const colleague = options.alone ? stranger : await service.user(company, { name: 'Luc Reste' });
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
  await add('outbox_messages', { ...outbox, ...key(), recipient: 'marc@other.example', status: 'sent' });
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
  for (const reader of [colleague, null])
    await add('notifications', { ...key(), user_id: reader, kind: 'x', severity: 'info' });
  const todo = { company_id: company, priority: 'low', status: 'open' };
  await add('todos', { ...todo, id: randomUUID(), assignee_id: user });
  await add('todos', { ...todo, id: randomUUID(), assignee_id: colleague });
  const appointment = { company_id: company, starts_at: later, reminder_minutes: [60], status: 'planned' };
  await add('appointments', { ...appointment, id: randomUUID(), user_id: user });
  await add('appointments', { ...appointment, id: randomUUID(), user_id: colleague });
  for (const [email, username] of [
    [EMAIL, 'login'],
    ['info@other.example', EMAIL.toLowerCase()],
    ['contact@atelier.example', 'contact'],
  ])
    await addMailbox(service, { company_id: company, email, username });
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
  return { service, user, company, document: document.id };
}

async function addMailbox(service: AccountsService, values: Record<string, unknown>): Promise<void> {
  const [mailbox, folder] = [randomUUID(), randomUUID()];
  const settings = { port: 993, tls: 'implicit', auth_type: 'password', enabled: false };
  const numbers = { uid_validity: 1, uid: 1, size_bytes: 1 };
  // In a mailbox that stays nothing but the last error names the person.
  const stays = values.email === 'contact@atelier.example';
  const server = stays ? { host: 'imap.example', secret_encrypted: 'x' } : {};
  await addMarked(
    service,
    'inbox_integrations',
    { id: mailbox, ...settings, consecutive_failures: 0, ...server, ...values },
    stays ? searched : personal,
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

/** `table.column` wherever a trace is, over every row of every table. */
async function traces({ db }: AccountsService): Promise<Set<string>> {
  const tables = await db.rows<{ name: string }>(
    sql`select table_name as name from information_schema.tables where table_schema = 'cronhook'`,
  );
  const found = new Set<string>();
  for (const { name } of tables) {
    const rows = await db.rows<{ row: Record<string, unknown> }>(
      sql`select to_jsonb(held) as row from cronhook.${sql.identifier(name)} held`,
    );
    for (const { row } of rows)
      for (const [column, value] of Object.entries(row))
        if (TRACE.test(JSON.stringify(value))) found.add(`${name}.${column}`);
  }
  return found;
}

const coveredText = COLUMNS.filter((column) => holdsText(column) && personal(column.rule));
const kept = (found: Set<string>) =>
  COLUMNS.filter((column) => column.rule.startsWith('kept') && found.has(named(column))).map(named);

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
  test('of a company’s last member no trace is left but in the invoices, which stay to the letter', async () => {
    const service = await startAccounts();
    const { company, document, user } = await leaveTraces(service, { alone: true });
    const before = await traces(service);
    // A new column that may hold personal data must be seen losing it.
    expect(coveredText.filter((column) => !before.has(named(column))).map(named)).toEqual([]);
    const invoices = () => service.db.rows(sql`select * from cronhook.billing_documents`);
    const invoicesBefore = await invoices();

    const answer = await service.runDeletions();
    expect(answer).toMatchObject({ status: 'succeeded', stats: { deleted: 1, sent: 1 } });
    const after = await traces(service);
    expect([...after].filter((column) => !column.startsWith('billing_documents.'))).toEqual([]);
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
        suppressed_addresses: 2,
        outbox_messages: 6,
        notifications: 3,
        todos: 2,
        appointments: 2,
        inbox_messages: 3,
        inbox_folders: 3,
        inbox_integrations: 3,
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
    const { company } = await leaveTraces(service, { alone: false });
    expect(await service.runDeletions()).toMatchObject({ status: 'succeeded', stats: { deleted: 1 } });
    const after = await traces(service);
    expect([...after].sort()).toEqual(kept(after).sort());
    expect(after).toContain('inbox_messages.text_body');

    const count = async (table: string) =>
      (await service.db.rows(sql`select from cronhook.${sql.identifier(table)}`)).length;
    expect(await count('inbox_integrations')).toBe(1);
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

test('a namesake keeps the name in what waits to be sent, and in other companies', async () => {
  const service = await startAccounts();
  const others = await service.company({ name: 'Les Autres' });
  const namesake = await service.user(others, { name: NAME, email: `joanna-${EMAIL}` });
  await service.leaving(null, { name: NAME, email: EMAIL });
  await service.settings(others, { sender_name: NAME, reply_to: `joanna-${EMAIL}` });
  await service.message({
    text_body: `Bonjour ${NAME} <joanna-${EMAIL}>`,
    next_attempt_at: '2027-01-01T00:00:00Z',
  });
  await service.insert('todos', {
    id: randomUUID(),
    company_id: others,
    assignee_id: namesake,
    title: `Appeler ${NAME}`,
    priority: 'low',
    status: 'open',
  });
  expect(await service.runDeletions()).toMatchObject({ stats: { deleted: 1 } });
  expect(await service.users()).toEqual([namesake]);
  const [row] = await service.db.rows<Record<string, unknown>>(sql`
    select text_body, title, sender_name, reply_to
    from cronhook.outbox_messages, cronhook.todos, cronhook.billing_settings where not ephemeral
  `);
  expect(row).toEqual({
    text_body: `Bonjour ${NAME} <joanna-${EMAIL}>`,
    title: `Appeler ${NAME}`,
    sender_name: NAME,
    reply_to: `joanna-${EMAIL}`,
  });
});

test('what was queued for the customers of a company that goes is not sent any more', async () => {
  const service = await startAccounts();
  const company = await service.company();
  await service.leaving(company);
  const document = await service.document(company);
  const followup = randomUUID();
  await service.insert('followups', {
    id: followup,
    document_id: document,
    auto_enabled: true,
    steps_sent: 1,
  });
  const queued = { dedupe_key: `followup:${followup}:1`, next_attempt_at: '2026-11-01T00:00:00Z' };
  await service.message({ ...queued, status: 'held' });
  await service.message({ ...queued, dedupe_key: `followup:${randomUUID()}:1`, status: 'held' });
  await service.runDeletions();
  const statuses = (await service.messages())
    .filter(({ ephemeral }) => !ephemeral)
    .map(({ status }) => status);
  expect(statuses.sort()).toEqual(['cancelled', 'held']);
  expect(await service.chase(document)).toMatchObject({ stopped_reason: 'company_deleted', steps_sent: 1 });
});

test('a user without an address takes nothing of others along', async () => {
  const service = await startAccounts();
  const [mailbox, sealed] = [
    randomUUID(),
    await service.message({ recipient: '', ephemeral: true, status: 'failed' }),
  ];
  await addMarked(
    service,
    'inbox_integrations',
    {
      id: mailbox,
      email: '',
      username: '',
      port: 1,
      tls: 'none',
      auth_type: 'password',
      enabled: false,
      consecutive_failures: 0,
    },
    personal,
  );
  await service.leaving(null, { email: ' ', name: '' });
  expect(await service.runDeletions()).toMatchObject({ stats: { deleted: 1, sent: 0 } });
  expect((await service.messages()).map(({ id }) => id)).toContain(sealed);
  expect(await service.db.rows(sql`select id from cronhook.inbox_integrations`)).toEqual([{ id: mailbox }]);
});
