import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import postgres from 'postgres';
import { describe, expect, onTestFinished, test } from 'vitest';
import { readExport, startClients } from '../support/clients.js';
import { MAIL_FROM } from '../support/lokario.js';
import { spawnRun } from '../support/run-process.js';
import { startS3 } from '../support/s3.js';
import { type S3Kind, startS3Faults } from '../support/s3-faults.js';
import { startStripe } from '../support/stripe.js';

const DAY_MS = 24 * 60 * 60_000;
const ago = (days: number) => new Date(Date.now() - days * DAY_MS).toISOString();

/** A company, a bucket behind a proxy that breaks what it is told to, and runs in processes that can be killed. */
async function startKilling() {
  const s3 = await startS3();
  const faults = await startS3Faults(s3.endpoint);
  const stripe = await startStripe();
  const env = {
    ...s3.env,
    S3_ENDPOINT: faults.endpoint,
    STRIPE_SECRET_KEY: stripe.secretKey.reveal(),
    STRIPE_API_URL: stripe.apiUrl,
  };
  const service = await startClients(new Date().toISOString(), { env });
  const mailEnv = { SMTP_URL: service.smtp.url, MAIL_FROM, DATABASE_URL: service.databaseUrl };
  const run = () => spawnRun('clients-archive', { ...env, ...mailEnv });
  return {
    ...service,
    faults,
    stripe,
    /** Starts a run, waits until it has come so far, and kills it. */
    async killWhen(reached: () => boolean | Promise<boolean>) {
      const { child, ended, output } = run();
      while (!(await reached())) {
        if (child.exitCode !== null) throw new Error(`it ended by itself: ${output()}`);
        await sleep(20);
      }
      child.kill('SIGKILL');
      await ended;
      faults.mend();
      await service.db.rows(sql`update cronhook.task_leases set expires_at = '-infinity'`);
    },
    asked: (kind: S3Kind, count = 1) => {
      const before = faults.count(kind);
      return () => faults.count(kind) >= before + count;
    },
    /** Somebody else holds a row, until the returned function is called. */
    async holdRow(table: string, id: string) {
      const client = postgres(service.databaseUrl, { max: 1, onnotice: () => {} });
      onTestFinished(() => client.end({ timeout: 1 }));
      await client.unsafe('begin');
      await client.unsafe(`select from cronhook.${table} where id = '${id}' for update`);
      return () => client.unsafe('rollback');
    },
    async waitsForLock() {
      const waiting = await service.db.rows(
        sql`select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      );
      return waiting.length > 0;
    },
  };
}

type Killing = Awaited<ReturnType<typeof startKilling>>;

const dueForArchive = (service: Killing) =>
  service.silent(ago(300), { status: 'cancelled', reactivation_asked_at: ago(40) });

async function archiveAfterKill(service: Killing, company: string) {
  expect(await service.client(company)).toMatchObject({ status: 'cancelled', archive_key: null });
  expect(await service.archive()).toMatchObject({ status: 'succeeded', stats: { archived: 1 } });
  const { archive_key: key } = await service.client(company);
  expect((await readExport(service.storage, key ?? '')).tables.companies).toMatchObject([{ id: company }]);
  service.turnTo(new Date(Date.now() + 2 * DAY_MS).toISOString());
  expect(await service.archive()).toMatchObject({ status: 'succeeded' });
  expect(await service.exports()).toEqual([key]);
}

describe('a run that is killed while it archives', () => {
  test.each([
    ['while it uploads', 'Put'],
    ['while it reads back', 'Get'],
  ] as const)(
    '%s, has changed nothing, and leaves nothing after the next runs',
    async (_, kind) => {
      const service = await startKilling();
      const company = await dueForArchive(service);
      service.faults.fail(kind, 'silent');
      await service.killWhen(service.asked(kind));
      await archiveAfterKill(service, company);
    },
    90_000,
  );

  test('before it writes it down, has changed nothing, and leaves nothing after the next runs', async () => {
    const service = await startKilling();
    const company = await dueForArchive(service);
    const letGo = await service.holdRow('companies', company);
    await service.killWhen(service.waitsForLock);
    expect(await service.exports()).toHaveLength(1);
    await letGo();
    await archiveAfterKill(service, company);
  }, 240_000);
});

describe('a run that is killed while it anonymises', () => {
  const dueForErasure = async (service: Killing) => {
    const company = await dueForArchive(service);
    expect(await service.archive()).toMatchObject({ stats: { archived: 1 } });
    await service.db.rows(sql`
      update cronhook.companies set archived_at = ${ago(400)}::timestamptz where id = ${company}::uuid
    `);
    const [people] = await Promise.all([
      Promise.all(
        [1, 2].map((n) =>
          service.user(company, { email: `p${n}@moreau.example`, stripe_customer_id: `cus_${n}` }),
        ),
      ),
    ]);
    for (const n of [1, 2]) service.stripe.addCustomer(`cus_${n}`, 1);
    return { company, people };
  };

  async function finished(service: Killing, company: string) {
    expect(await service.archive()).toMatchObject({ status: 'succeeded' });
    expect(await service.client(company)).toMatchObject({
      status: 'anonymized',
      name: 'Entreprise supprimée',
      email: null,
      archive_key: null,
    });
    expect(await service.exports()).toEqual([
      expect.stringMatching(/^erasures\//),
      expect.stringMatching(/^erasures\//),
    ]);
    expect(await service.db.rows(sql`select from cronhook.users`)).toEqual([]);
    expect(await service.db.rows(sql`select from cronhook.account_deletions`)).toHaveLength(2);
    for (const n of [1, 2]) expect(service.stripe.isDeleted(`cus_${n}`)).toBe(true);
  }

  test('between two people, goes on where it was, and nobody comes back', async () => {
    const service = await startKilling();
    const { company, people } = await dueForErasure(service);
    // The second one is held by somebody else once the first is gone.
    const last = [...people].sort()[1] as string;
    await service.db.rows(sql`
      insert into cronhook.sessions (id, user_id, expires_at) values (${last}::uuid, ${last}::uuid, now())
    `);
    const letGo = await service.holdRow('sessions', last);
    await service.killWhen(service.waitsForLock);
    await letGo();
    expect(await service.client(company)).toMatchObject({ status: 'archived' });
    expect(await service.db.rows(sql`select from cronhook.users`)).toHaveLength(1);
    // The point of no return was before.
    await service.db.rows(
      sql`update cronhook.users set last_active_at = ${new Date().toISOString()}::timestamptz`,
    );
    await finished(service, company);
  }, 240_000);

  test('before the export is removed, knows where it lies, and removes it', async () => {
    const service = await startKilling();
    const { company } = await dueForErasure(service);
    const { archive_key: key } = await service.client(company);
    service.faults.fail('Delete', 'silent', { nth: service.faults.count('Delete') + 1 });
    await service.killWhen(service.asked('Delete'));
    expect(await service.client(company)).toMatchObject({ status: 'anonymized', archive_key: key });
    expect(await service.exports()).toContain(key);
    await finished(service, company);
  }, 240_000);
});

test('a run that is killed after it restored a company leaves an export that a later run removes', async () => {
  const service = await startKilling();
  const company = await dueForArchive(service);
  expect(await service.archive()).toMatchObject({ stats: { archived: 1 } });
  await service.user(company, { last_active_at: new Date().toISOString() });
  service.faults.fail('Delete', 'silent', { nth: service.faults.count('Delete') + 1 });
  await service.killWhen(service.asked('Delete'));
  expect(await service.client(company)).toMatchObject({ status: 'cancelled', archive_key: null });
  expect(await service.exports()).toHaveLength(1);
  service.turnTo(new Date(Date.now() + 2 * DAY_MS).toISOString());
  expect(await service.archive()).toMatchObject({ status: 'succeeded', stats: { orphans: 1 } });
  expect(await service.exports()).toEqual([]);
}, 240_000);
