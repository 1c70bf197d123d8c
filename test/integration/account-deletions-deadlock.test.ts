import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import postgres from 'postgres';
import { expect, onTestFinished, test } from 'vitest';
import { settleMessages } from '../../src/db/outbox.js';
import { type AccountsService, NIGHT, startAccounts } from '../support/accounts.js';

/** Another transaction, which PostgreSQL does not choose when two wait for each other. */
async function rival({ databaseUrl }: AccountsService) {
  const client = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  onTestFinished(() => client.end({ timeout: 1 }));
  const connection = await client.reserve();
  await connection`set deadlock_timeout = '10min'`;
  await connection`begin`;
  return connection;
}

async function waitsForLock({ db }: AccountsService): Promise<void> {
  for (;;) {
    const waiting = await db.rows(
      sql`select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    );
    if (waiting.length > 0) return;
    await sleep(10);
  }
}

const deadlocks = async ({ db }: AccountsService) => {
  for (let tries = 0; tries < 50; tries++) {
    const [row] = await db.rows<{ count: number }>(
      sql`select deadlocks::int as count from pg_stat_database where datname = current_database()`,
    );
    if (row && row.count > 0) return row.count;
    await sleep(100);
  }
  return 0;
};

test('a deletion that meets a delivery in a deadlock is done again, and ends well', async () => {
  const service = await startAccounts();
  await service.leaving(null, { email: 'jeanne@exemple.fr', deletion_scheduled_at: '2026-11-01' });
  const own = await service.message({ recipient: 'jeanne@exemple.fr', status: 'sent' });
  const other = await service.message({ text_body: 'jeanne@exemple.fr', status: 'sent' });
  const delivery = await rival(service);
  await delivery`select from cronhook.outbox_messages where id = ${other} for update`;
  const run = service.runDeletions();
  await waitsForLock(service);
  await delivery`update cronhook.outbox_messages set attempts = 1 where id = ${own}`;
  await delivery`commit`;
  delivery.release();
  expect(await run).toMatchObject({ status: 'succeeded', stats: { deleted: 1, failed: 0, sent: 1 } });
  expect(await deadlocks(service)).toBeGreaterThan(0);
  const left = (await service.messages()).filter(({ ephemeral }) => !ephemeral);
  expect(left.map(({ id, text_body }) => [id, text_body])).toEqual([[other, '[supprimé]']]);
  expect(await service.deletions()).toHaveLength(1);
});

test('a delivery that meets a deletion in a deadlock still writes down what it sent', async () => {
  const service = await startAccounts();
  const runId = randomUUID();
  const sending = { status: 'sending', claimed_by: runId };
  const messages = [await service.message(sending), await service.message(sending)];
  const deletion = await rival(service);
  const lock = (id = '') => deletion`select from cronhook.outbox_messages where id = ${id} for update`;
  // One of the two rows is locked by the settlement, whichever it takes first, while it waits for the other.
  await lock(messages[1]);
  const settled = settleMessages(
    service.db,
    runId,
    messages.map((id) => ({ id, status: 'sent' as const })),
    NIGHT,
  );
  await waitsForLock(service);
  await lock(messages[0]);
  await deletion`commit`;
  deletion.release();
  await settled;
  expect(await deadlocks(service)).toBeGreaterThan(0);
  expect((await service.messages()).map(({ status }) => status)).toEqual(['sent', 'sent']);
});

test('a company that goes while its documents are taken up for the chase waits for its turn', async () => {
  const service = await startAccounts();
  const company = await service.company();
  await service.leaving(company);
  // They stand in the table the other way round than they are taken up.
  const documents = [randomUUID(), randomUUID()].sort();
  for (const id of documents.toReversed()) await service.document(company, { id });
  const followupsTask = await rival(service);
  const takeUp = (id = '') => followupsTask`insert into cronhook.followups (document_id) values (${id})`;
  await takeUp(documents[0]);
  const run = service.runDeletions();
  await waitsForLock(service);
  await takeUp(documents[1]);
  await followupsTask`commit`;
  followupsTask.release();
  expect(await run).toMatchObject({ status: 'succeeded', stats: { deleted: 1, failed: 0 } });
  for (const id of documents)
    expect(await service.chase(id)).toMatchObject({ stopped_reason: 'company_deleted' });
  const [row] = await service.db.rows<{ count: number }>(
    sql`select deadlocks::int as count from pg_stat_database where datname = current_database()`,
  );
  expect(row?.count).toBe(0);
});
