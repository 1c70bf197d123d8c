import { sql } from 'drizzle-orm';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { openDatabase } from '../../src/db/client.js';
import { Secret } from '../../src/secret.js';
import { defineTask } from '../../src/tasks/define.js';
import { read, startTestService } from '../support/service.js';

const codeOf = (error: unknown): unknown => {
  for (let current = error; current instanceof Error; current = current.cause)
    if ('code' in current && /^\d/.test(String(current.code))) return current.code;
};

/** A service whose user may have connections until `fill` takes them from it. */
async function startLimited() {
  const owner = await startTestService();
  const admin = openDatabase(new Secret(owner.databaseUrl), { max: 1 });
  const name = `limited_${process.pid}_${Date.now().toString(36)}`;
  const execute = (statement: string) => admin.query.execute(sql.raw(statement));
  await execute(`create role ${name} login password 'password'; alter schema cronhook owner to ${name};
    grant all on all tables in schema cronhook to ${name};
    grant all on all sequences in schema cronhook to ${name}`);
  const url = new URL(owner.databaseUrl);
  Object.assign(url, { username: name, password: 'password' });
  const fill = async () => {
    await execute(`alter role ${name} connection limit 0`);
    await execute(`select pg_terminate_backend(pid) from pg_stat_activity where usename = '${name}'`);
  };
  const full = defineTask({
    name: 'fill-connections',
    path: '/fill-connections',
    schedule: '0 * * * *',
    product: 'talos',
    summary: 'Lose every connection on the way',
    success: () => 'Done',
    timeoutMs: 60_000,
    needs: ['db'],
    input: z.object({}),
    async run({ db }) {
      await fill();
      // Connections that were open break off first.
      for (const deadline = performance.now() + 30_000; performance.now() < deadline; )
        await db.rows(sql`select 1`).catch((error) => {
          if (codeOf(error) === '53300') throw error;
        });
      return {};
    },
  });
  const service = await startTestService({ databaseUrl: url.toString(), migrated: false, tasks: [full] });
  onTestFinished(async () => {
    await execute(`alter role ${name} connection limit -1`);
    await service.stop();
    await execute(`alter schema cronhook owner to current_user; drop owned by ${name}; drop role ${name}`);
    await admin.close();
  });
  return { service, fill };
}

test('a run that gets no connection says that PostgreSQL has none left, not that it is down', async () => {
  const { service } = await startLimited();
  const answer = await read(service.call('/fill-connections?wait=60'));
  expect(answer).toMatchObject({ status: 'failed', error: 'database_unavailable' });
  expect(answer.message).toContain('trop de connexions');
});

test('a run that cannot begin for want of a connection says so too', async () => {
  const { service, fill } = await startLimited();
  await fill();
  const deadline = performance.now() + 30_000;
  let answer: { message: string };
  do answer = (await (await service.call('/fill-connections?wait=60')).json()) as { message: string };
  while (!answer.message.includes('trop de connexions') && performance.now() < deadline);
  expect(answer.message).toContain('trop de connexions');
});
