import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { clientsArchive } from '../../src/tasks/clients/clients-archive.js';
import { type ClientsService, readExport, startClients } from '../support/clients.js';
import { startS3 } from '../support/s3.js';
import { startS3Faults } from '../support/s3-faults.js';

const SILENT = '2026-01-15T10:00:00Z';
const NOW = '2026-12-01T00:00:00+01:00';
const ASKED = { reactivation_asked_at: '2026-10-01T00:00:00Z' };

/** Mails of a company, so many in each folder. */
async function addMails(service: ClientsService, company: string, ...folders: number[]): Promise<void> {
  const mailbox = randomUUID();
  await service.db.rows(sql`
    insert into cronhook.inbox_integrations (id, company_id, email, host, port, tls, username, secret_encrypted, enabled)
    values (${mailbox}::uuid, ${company}::uuid, 'b@x.example', 'h', 993, 'implicit', 'u', 'x', false)
  `);
  for (const [index, count] of folders.entries())
    await service.db.rows(sql`
      with folder as (
        insert into cronhook.inbox_folders (integration_id, path, uid_validity)
        values (${mailbox}::uuid, ${`F${index}`}, 1) returning id
      )
      insert into cronhook.inbox_messages (folder_id, uid_validity, uid, thread_id, received_at, size_bytes, subject)
      select folder.id, 1 + n % 2, n, gen_random_uuid(), now(), 9, ${`F${index} `} || n
      from folder, generate_series(1, ${count}::int) n
    `);
}

test('an export has every mail once, however many pages of however many folders they fill', async () => {
  const service = await startClients(NOW);
  const company = await service.silent(SILENT, ASKED);
  await addMails(service, company, 10_001, 0, 5_000, 7);
  await addMails(service, await service.silent(SILENT, ASKED), 30);
  expect(await service.archive()).toMatchObject({
    status: 'succeeded',
    stats: { archived: 2, remaining: 0 },
  });
  const { archive_key: key } = await service.client(company);
  const { tables } = await readExport(service.storage, key ?? '');
  const subjects = new Set(tables.inbox_messages?.map(({ subject }) => subject));
  expect(tables.inbox_messages).toHaveLength(15_008);
  expect(subjects.size).toBe(15_008);
}, 120_000);

test('the smallest companies come first', async () => {
  const service = await startClients(NOW);
  for (const [name, mails] of [
    ['large', 90],
    ['small', 0],
    ['middle', 20],
  ] as const)
    await addMails(service, await service.silent(SILENT, { name, ...ASKED }), mails);
  const { details } = await service.archive('&dryRun=true');
  expect((details as { item: string }[]).map(({ item }) => item)).toEqual(['small', 'middle', 'large']);
});

test('an export that takes longer than the run has is left and counted, and everybody else had their turn', async () => {
  const s3 = await startS3();
  const faults = await startS3Faults(s3.endpoint);
  const service = await startClients(NOW, {
    env: { ...s3.env, S3_ENDPOINT: faults.endpoint },
    tasks: [{ ...clientsArchive, timeoutMs: 15_000 }],
  });
  const late = await service.silent(SILENT, ASKED);
  await service.silent(SILENT);
  const back = await service.silent(SILENT, ASKED);
  await service.user(back, { last_active_at: '2026-11-30T00:00:00Z' });
  faults.fail('Put', 'silent');
  expect(await service.archive()).toMatchObject({
    status: 'succeeded',
    stats: { archived: 0, remaining: 1, asked: 1, sent: 1, returned: 1 },
  });
  expect(await service.client(late)).toMatchObject({ status: 'active', archive_key: null });
  faults.mend();
  expect(await service.archive()).toMatchObject({ stats: { archived: 1, remaining: 0 } });
}, 120_000);
