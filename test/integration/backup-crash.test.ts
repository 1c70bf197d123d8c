import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { fillTable, keysIn, missingPrograms, setsIn, sqlOf } from '../support/backups.js';
import { spawnRun } from '../support/run-process.js';
import { startS3 } from '../support/s3.js';
import { type S3Kind, startS3Faults } from '../support/s3-faults.js';
import { read, startTestService } from '../support/service.js';

const DAY_MS = 24 * 60 * 60_000;

/** A database of several parts, and a bucket behind a proxy that breaks what it is told to. */
async function startWithFaults() {
  const s3 = await startS3();
  const faults = await startS3Faults(s3.endpoint);
  const env = { ...s3.env, S3_ENDPOINT: faults.endpoint, BACKUP_NAME: 'prod' };
  const clock = { now: undefined as Date | undefined };
  const service = await startTestService({ env, now: () => clock.now ?? new Date() });
  await fillTable(service.db, 40);
  const { storage } = service.context.services;
  if (!storage) throw new Error('no storage');
  const uploads = async () => {
    const keys: string[] = [];
    for await (const { key } of storage.listUnfinished('')) keys.push(key);
    return keys;
  };
  const backUp = (query = '?wait=120') => read(service.call(`/backups/database${query}`));
  const reach = async (kind: S3Kind, count: number) => {
    while (faults.count(kind) < count) await sleep(20);
  };
  return { service, faults, env, clock, storage, uploads, backUp, reach };
}

describe.skipIf(missingPrograms)(
  `backup under faults${missingPrograms ? ` (needs ${missingPrograms})` : ''}`,
  () => {
    it('killed while it uploads, leaves no set, and a later run sweeps up what it left', async () => {
      const { service, faults, env, clock, storage, uploads, backUp, reach } = await startWithFaults();
      faults.fail('PutPart', 'silent', { nth: 3 });
      const run = spawnRun('backup', { ...env, DATABASE_URL: service.databaseUrl });
      await reach('PutPart', 3);
      run.child.kill('SIGKILL');
      await run.ended;
      faults.mend();
      expect(await keysIn(storage)).toEqual([expect.stringMatching(/\.claim$/)]);
      expect(await uploads()).toHaveLength(1);
      const dumps = () =>
        service.db.rows(
          sql`select pid from pg_stat_activity where datname = current_database() and query like 'COPY %'`,
        );
      for (let tries = 0; (await dumps()).length > 0 && tries < 100; tries++) await sleep(50);
      expect(await dumps()).toEqual([]);

      await service.db.rows(sql`update cronhook.task_leases set expires_at = now() - interval '1 second'`);
      expect(await backUp()).toMatchObject({ status: 'succeeded', stats: { leftovers: 0 } });
      const [set] = await setsIn(storage);
      expect(set?.manifest.tables['public.big']).toBe(40_000);
      clock.now = new Date(Date.now() + DAY_MS + 40_000);
      expect(await backUp()).toMatchObject({ status: 'succeeded', stats: { leftovers: 2 } });
      expect(await uploads()).toEqual([]);
      expect(await setsIn(storage)).toHaveLength(2);
    }, 120_000);

    it('told to stop while it uploads, leaves nothing', async () => {
      const { service, faults, env, storage, uploads, reach } = await startWithFaults();
      faults.fail('PutPart', 'silent', { nth: 2 });
      const run = spawnRun('backup', {
        ...env,
        DATABASE_URL: service.databaseUrl,
        SHUTDOWN_GRACE_SECONDS: '0',
      });
      await reach('PutPart', 2);
      run.child.kill('SIGTERM');
      await run.ended;
      expect(run.output()).toContain('"status": "interrupted"');
      expect(await keysIn(storage)).toEqual([]);
      expect(await uploads()).toEqual([]);
    }, 240_000);

    it('goes on when the bucket answers 500, cuts a part, goes away and comes back', async () => {
      const { faults, storage, backUp, reach } = await startWithFaults();
      faults.fail('PutPart', { status: 500 }, { nth: 1, times: 2 });
      faults.fail('PutPart', 'request', { nth: 4, times: 1 });
      faults.fail('Complete', 'after', { nth: 1, times: 1 });
      const running = backUp();
      await reach('PutPart', 5);
      await faults.goAway(1_500);
      expect(await running).toMatchObject({ status: 'succeeded', errors: [] });
      const [set] = await setsIn(storage);
      const text = await sqlOf(storage, set?.manifest.key ?? '');
      expect(text.match(/^\d+\t[0-9a-f]{900,}$/gm)).toHaveLength(40_000);
    }, 120_000);

    it('fails with the bucket’s own reason when it refuses for good, and leaves nothing', async () => {
      const { faults, storage, uploads, backUp } = await startWithFaults();
      faults.fail('PutPart', { status: 403, code: 'AccessDenied' }, { nth: 2 });
      const answer = await backUp();
      expect(answer).toMatchObject({ status: 'failed', error: 'task_failed' });
      expect(answer.message).toContain('s3:PutObject');
      expect(await keysIn(storage)).toEqual([]);
      expect(await uploads()).toEqual([]);
    }, 240_000);

    it('keeps the backup when only the rotation fails, and says so', async () => {
      const { faults, clock, storage, backUp } = await startWithFaults();
      expect(await backUp()).toMatchObject({ status: 'succeeded' });
      clock.now = new Date(Date.now() + DAY_MS / 2);
      faults.fail('ListUploads', { status: 403, code: 'AccessDenied' });
      const answer = await backUp();
      expect(answer).toMatchObject({ status: 'partial', errors: [{ item: 'rotation' }] });
      expect(await setsIn(storage)).toHaveLength(2);
    }, 240_000);
  },
);
