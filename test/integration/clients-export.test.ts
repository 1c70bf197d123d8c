import { randomUUID } from 'node:crypto';
import { Decrypter, generateIdentity, identityToRecipient } from 'age-encryption';
import { getTableName, sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { gunzipped } from '../../src/backups/pipes.js';
import { phoneRecipients } from '../../src/tasks/accounts/patterns.js';
import { TABLES, type TableName } from '../../src/tasks/accounts/rules.js';
import { COMPANY_DATA } from '../../src/tasks/clients/company-data.js';
import { exportedTables } from '../../src/tasks/clients/export.js';
import { type ClientsService, readExport, startClients, textOf } from '../support/clients.js';
import { startS3 } from '../support/s3.js';
import { startS3Faults } from '../support/s3-faults.js';

const NOW = '2026-12-01T00:00:00+01:00';
const BEFORE = '2026-01-01T00:00:00Z';
const SECRET = 'v1.mailbox-password';
const PAGES = 120;

const dueForArchive = (service: ClientsService, values: Record<string, unknown> = {}) =>
  service.silent(BEFORE, { reactivation_asked_at: '2026-10-01T00:00:00Z', ...values });

/** A company with rows in every table that is exported. */
async function addCompany(service: ClientsService, name: string, phone = '06 12 34 56 78'): Promise<string> {
  const id = randomUUID;
  const company = await dueForArchive(service, { name, email: `contact@${name}.example` });
  const email = `claire@${name}.example`;
  const user = await service.user(company, { email, phone });
  const switchboard = '01 99 00 00 00';
  await service.db.rows(
    sql`update cronhook.companies set phone = ${switchboard} where id = ${company}::uuid`,
  );
  const document = await service.document(company, { total_cents: '9007199254740993' });
  const [mailbox, folder, chase] = [id(), id(), id()];
  const message = { task: 'test', channel: 'email', text_body: name };
  const rows: Partial<Record<TableName, Record<string, unknown>>> = {
    userActivity: { user_id: user, day: '2025-12-31' },
    sessions: { user_id: user, expires_at: NOW },
    tokens: { user_id: user, kind: 'login', expires_at: NOW },
    notifications: { user_id: user, kind: 'note', dedupe_key: id(), title: name, body: name },
    suppressedAddresses: { address: email.toUpperCase(), reason: 'unsubscribed' },
    outboxMessages: { ...message, dedupe_key: `followup:${chase}:1`, recipient: `client@${name}.example` },
    todos: { company_id: company, assignee_id: user, title: name },
    appointments: { company_id: company, user_id: user, title: name, starts_at: BEFORE },
    inboxIntegrations: {
      id: mailbox,
      company_id: company,
      email,
      host: 'imap.example',
      port: 993,
      tls: 'implicit',
      username: email,
      secret_encrypted: SECRET,
      enabled: false,
    },
    inboxFolders: { id: folder, integration_id: mailbox, path: 'INBOX', uid_validity: 1 },
    billingSettings: { company_id: company },
    followups: { id: chase, document_id: document, steps_sent: 1 },
    investorProfiles: { user_id: user },
    leads: { email, name },
    subscriptions: {
      company_id: company,
      plan: name,
      price_cents: 1,
      interval: 'month',
      status: 'cancelled',
      started_at: BEFORE,
    },
    payments: { company_id: company, amount_cents: 1, status: 'failed' },
    supportTickets: { company_id: company, opened_at: BEFORE },
    trialContacts: { company_id: company },
  };
  for (const [tableName, values] of Object.entries(rows))
    await service.insert(getTableName(TABLES[tableName as TableName]), values);
  for (const recipient of [email.toUpperCase(), phoneRecipients(phone)[0], '+33199000000'])
    await service.insert('outbox_messages', { ...message, dedupe_key: id(), recipient });
  await service.db.rows(sql`
    insert into cronhook.inbox_messages (folder_id, uid_validity, uid, thread_id, received_at, size_bytes, text_body)
    select ${folder}::uuid, 1, n, gen_random_uuid(), now(), 9, ${`${name} {"\n],\u2028"`} from generate_series(1, ${PAGES}::int) n
  `);
  return company;
}

/** Ids, so that each side of a comparison is named by one text. */
const namedRows = (rows: Record<string, unknown>[] = []): string => JSON.stringify(rows);

describe('the export of a company', () => {
  test('has a row of every table that is not left out, with all its digits, and nothing of anybody else', async () => {
    const service = await startClients(NOW);
    const company = await addCompany(service, 'moreau');
    await addCompany(service, 'lefevre', '06 87 65 43 21');
    expect(await service.archive()).toMatchObject({ status: 'succeeded', stats: { archived: 2 } });
    const { archive_key: key } = await service.client(company);
    const { tables, rows } = await readExport(service.storage, key ?? '');
    const expected = exportedTables().map(([tableName]) => getTableName(TABLES[tableName]));
    expect(Object.keys(tables)).toEqual(expected);
    for (const table of expected) {
      expect(tables[table]?.length, table).toBeGreaterThan(0);
      expect(rows[table], table).toBe(tables[table]?.length);
      expect(namedRows(tables[table]), table).not.toContain('lefevre');
    }
    expect(rows).toMatchObject({ outbox_messages: 3, inbox_messages: PAGES, suppressed_addresses: 1 });
    const stored = await service.storage.download(key ?? '');
    const text = await textOf(gunzipped(stored as AsyncIterable<Uint8Array>));
    expect(text).toContain('9007199254740993');
    expect(text).not.toContain(SECRET);
    expect(text).not.toContain('secret_encrypted');
  });

  test('forgets no table of the database: each is exported, or says why not', async () => {
    const service = await startClients(NOW);
    const tables = await service.db.rows<{ name: string; owned: boolean }>(sql`
      select table_name as name, bool_or(column_name in ('company_id', 'user_id')) as owned
      from information_schema.columns where table_schema = 'cronhook' and table_name <> 'migrations' group by 1
    `);
    const ruleOf = new Map<string, object>(
      Object.entries(COMPANY_DATA).map(([name, rule]) => [getTableName(TABLES[name as TableName]), rule]),
    );
    expect([...ruleOf.keys()].sort()).toEqual(tables.map(({ name }) => name).sort());
    const leftOut = tables.filter(({ name, owned }) => owned && !('rows' in (ruleOf.get(name) ?? {})));
    expect(leftOut.map(({ name }) => name).sort()).toEqual([
      'account_deletions',
      'sessions',
      'statistics_customers',
      'tokens',
    ]);
  });

  test('is encrypted as backups are, opened by the identity alone, and checked without it too', async () => {
    const identity = await generateIdentity();
    const recipient = await identityToRecipient(identity);
    for (const env of [
      { BACKUP_AGE_RECIPIENT: recipient },
      { BACKUP_AGE_RECIPIENT: recipient, BACKUP_AGE_IDENTITY: identity },
    ]) {
      const service = await startClients(NOW, { env });
      const company = await addCompany(service, 'moreau');
      expect(await service.archive()).toMatchObject({ status: 'succeeded', stats: { archived: 1 } });
      const { archive_key: key } = await service.client(company);
      expect(key).toMatch(/\.json\.gz\.age$/);
      const stored: Uint8Array[] = [];
      for await (const chunk of (await service.storage.download(key ?? '')) ?? []) stored.push(chunk);
      const decrypter = new Decrypter();
      decrypter.addIdentity(identity);
      const plain = await decrypter.decrypt(Buffer.concat(stored));
      const text = await textOf(
        gunzipped(
          (async function* () {
            yield plain;
          })(),
        ),
      );
      expect(JSON.parse(text)).toMatchObject({ company, rows: { inbox_messages: PAGES } });
    }
  });

  test('that cannot be opened with the identity at hand archives nobody', async () => {
    const env = {
      BACKUP_AGE_RECIPIENT: await identityToRecipient(await generateIdentity()),
      BACKUP_AGE_IDENTITY: await generateIdentity(),
    };
    const service = await startClients(NOW, { env });
    const company = await dueForArchive(service);
    expect(await service.archive()).toMatchObject({ status: 'partial', stats: { archived: 0 } });
    expect(await service.client(company)).toMatchObject({ status: 'active', archive_key: null });
    expect(await service.exports()).toEqual([]);
  });
});

describe('an export that does not come back as it was written', () => {
  test('archives nobody and is removed; the next call archives', async () => {
    const s3 = await startS3();
    const faults = await startS3Faults(s3.endpoint);
    const service = await startClients(NOW, { env: { ...s3.env, S3_ENDPOINT: faults.endpoint } });
    const company = await dueForArchive(service);
    for (const [kind, fault] of [
      ['Put', { status: 403, code: 'AccessDenied' }],
      ['Get', { status: 404, code: 'NoSuchKey' }],
    ] as const) {
      faults.fail(kind, fault);
      const answer = await service.archive();
      faults.mend();
      expect(answer).toMatchObject({ status: 'partial', stats: { archived: 0, waiting: 1, failed: 1 } });
      expect(await service.client(company)).toMatchObject({ status: 'active', archive_key: null });
      expect(await service.exports()).toEqual([]);
    }
    expect(await service.archive()).toMatchObject({ status: 'succeeded', stats: { archived: 1 } });
  }, 240_000);
});
