import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { administratorWarnings } from '../../src/warnings.js';
import { startFailing } from '../support/failing-tasks.js';
import { type LokarioService, startLokario } from '../support/lokario.js';
import { spawnService } from '../support/process.js';
import { runProgram } from '../support/run-process.js';
import { SECRET } from '../support/service.js';

const ADMIN_EMAIL = 'admin@example.com';
const WARNING = 'ADMIN_EMAIL (admin@example.com) is in suppressed_addresses';

const suppress = (service: LokarioService) =>
  service.insert('suppressed_addresses', { address: 'Admin@example.com', reason: randomUUID() });

test('an alert that suppressed_addresses keeps from ADMIN_EMAIL is an error in the log', async () => {
  const service = await startFailing();
  await suppress(service);
  await service.call1('alpha', 'badly');
  expect(service.smtp.mails).toHaveLength(0);
  const line = service
    .log()
    .split('\n')
    .find((text) => text.includes('suppressed_addresses lists ADMIN_EMAIL'));
  expect(JSON.parse(line ?? '{}')).toMatchObject({ level: 'error' });
});

test('an ADMIN_EMAIL that gets nothing is told at start-up and by cronhook config check', async () => {
  const service = await startLokario();
  await suppress(service);
  const env = { DATABASE_URL: service.databaseUrl, CRON_SECRET: SECRET, ADMIN_EMAIL };
  const { output } = await spawnService(env);
  expect(output()).toContain(WARNING);
  const [code, printed] = await runProgram(['config', 'check'], env);
  expect(code).toBe(0);
  expect(printed).toContain(WARNING);
});

test('an ADMIN_EMAIL that gets its alerts is worth no warning, a missing table is', async () => {
  const service = await startLokario({ env: { ADMIN_EMAIL } });
  const warnings = () => administratorWarnings(service.config, service.db);
  expect(await warnings()).toEqual([]);
  await service.db.rows(sql`alter table cronhook.suppressed_addresses rename to elsewhere`);
  expect(await warnings()).toEqual([
    expect.stringContaining('cronhook.suppressed_addresses cannot be found'),
  ]);
});
