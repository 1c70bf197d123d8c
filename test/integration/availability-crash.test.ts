import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { sql } from 'drizzle-orm';
import { expect, onTestFinished, test } from 'vitest';
import { startAvailability, startPage } from '../support/availability.js';
import { addMonitor, storedChecks } from '../support/monitors.js';

const PROGRAM = fileURLToPath(new URL('../support/availability-process.ts', import.meta.url));
const DEADLINE_MS = 60_000;

/** Waits until something has come true. */
async function until(isTrue: () => Promise<boolean> | boolean): Promise<void> {
  const deadline = Date.now() + DEADLINE_MS;
  while (!(await isTrue())) {
    if (Date.now() > deadline) throw new Error('it did not come true');
    await sleep(20);
  }
}

async function start() {
  const service = await startAvailability({ at: new Date().toISOString() });
  const { db, databaseUrl, smtp, twilio } = service;
  const env = {
    ...{ PATH: process.env.PATH ?? '', NODE_ENV: 'test', SMTP_URL: smtp.url },
    ...{ MAIL_FROM: 'Cronhook <cronhook@service.example>', ADMIN_EMAIL: 'admin@example.com' },
    ...{ ADMIN_SMS: '+33612345678', TWILIO_ACCOUNT_SID: twilio.accountSid, TWILIO_FROM: twilio.from },
    ...{ TWILIO_AUTH_TOKEN: twilio.authToken.reveal(), TWILIO_API_URL: twilio.apiUrl },
  };
  const spawnRun = (pauses: number[]) => {
    const args = ['--import', 'tsx', PROGRAM, databaseUrl, JSON.stringify(pauses)];
    const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    onTestFinished(() => void child.kill('SIGKILL'));
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += data));
    return { child, ended: once(child, 'close'), output: () => output };
  };
  const kill = async ({ child, ended, output }: ReturnType<typeof spawnRun>) => {
    // One that could not even start proves nothing.
    expect(child.exitCode, output()).toBeNull();
    child.kill('SIGKILL');
    await ended;
    await db.rows(sql`update cronhook.task_leases set expires_at = '-infinity'`);
  };
  return { ...service, spawnRun, kill };
}

test('a run killed between its passes has stored what it saw, and the next tells each outage once', async () => {
  const { db, spawnRun, kill, incidents, smtp, twilio } = await start();
  const page = await startPage(500);
  for (const name of ['A', 'B']) await addMonitor(db, { name, target: page.url });
  const waiting = spawnRun([60_000]);
  await until(async () => (await storedChecks(db)).length === 2 || waiting.child.exitCode !== null);
  await kill(waiting);
  expect([(await storedChecks(db)).length, await incidents()]).toEqual([2, []]);

  // Once while the checks of a later pass are stored, once while the alerts go out.
  const later = spawnRun([0, 200, 400, 5_000]);
  await until(async () => (await storedChecks(db)).length >= 6 || later.child.exitCode !== null);
  await kill(later);
  const telling = spawnRun([0, 100]);
  await until(() => smtp.mails.length > 0 || telling.child.exitCode !== null);
  if (telling.child.exitCode === null) await kill(telling);

  const last = spawnRun([0, 100]);
  const [code] = await last.ended;
  expect(code, last.output()).toBe(0);
  // The task itself had died twice: that is told too, and over.
  const ofMonitors = (await incidents()).filter(({ source }) => source.startsWith('monitor:'));
  expect(ofMonitors.map(({ open }) => open)).toEqual([true, true]);
  const twice = await db.rows(sql`
    select monitor_id from cronhook.monitor_checks group by monitor_id, at having count(*) > 1
  `);
  expect(twice).toEqual([]);
  // What was on its way when its run died comes twice at most, under the same Message-ID.
  const alerts = await db.rows<{ channel: string }>(
    sql`select channel from cronhook.outbox_messages order by channel`,
  );
  expect(alerts.filter(({ channel }) => channel === 'email')).toHaveLength(
    new Set(smtp.mails.map(({ messageId }) => messageId)).size,
  );
  expect(new Set(twilio.sent.map(({ body }) => body)).size).toBe(
    alerts.filter(({ channel }) => channel === 'sms').length,
  );
});

test('a run told to stop between its passes stops at once, and keeps what it has seen', async () => {
  const { db, watch, context, incidents } = await startAvailability({ pauses: [200_000] });
  const page = await startPage(500);
  await addMonitor(db, { target: page.url });
  const running = watch();
  await until(async () => (await storedChecks(db)).length === 1);
  await context.runner.drain(0);
  expect(await running).toMatchObject({ success: false, status: 'interrupted' });
  expect([(await storedChecks(db)).length, await incidents()]).toEqual([1, []]);
});
