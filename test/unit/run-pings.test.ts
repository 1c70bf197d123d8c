import { Writable } from 'node:stream';
import { v7 as uuidv7 } from 'uuid';
import { describe, expect, test } from 'vitest';
import { createHealthchecks } from '../../src/clients/healthchecks.js';
import { createLogger } from '../../src/log.js';
import type { Outcome } from '../../src/run-outcome.js';
import { createRunPings } from '../../src/run-pings.js';
import { Secret } from '../../src/secret.js';
import { PING_KEY, startHealthchecks } from '../support/healthchecks.js';

const WAIT = { timeout: 60_000, interval: 20 };

const outcome = (changes: Partial<Outcome> = {}): Outcome => ({
  status: 'succeeded',
  message: 'done',
  durationMs: 1,
  stats: {},
  errors: [],
  ...changes,
});

async function startPings({ timeoutMs = 10_000, pausesMs = [10, 20, 40], key = PING_KEY } = {}) {
  const server = await startHealthchecks();
  const lines: string[] = [];
  const output = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  const log = createLogger({ level: 'info', format: 'json', scrub: (text) => text, output });
  const client = createHealthchecks({ url: server.apiUrl, key: new Secret(key), timeoutMs });
  const pings = createRunPings({ healthchecks: client, log, pausesMs });
  return { server, pings, lines };
}

describe('a ping', () => {
  test.each(['reset', { status: 500 }, { status: 503, body: 'down' }, { status: 429 }] as const)(
    'that meets %j is sent again, and the end never before the start',
    async (fault) => {
      const { server, pings, lines } = await startPings();
      server.fail(/start/, fault, { times: 2 });
      const end = pings.begin('backup', uuidv7());
      await expect.poll(server.signals, WAIT).toEqual(['start']);
      server.fail(/backup$/, fault, { times: 3 });
      end(outcome(), true);
      await expect.poll(server.signals, WAIT).toEqual(['start', 'success']);
      expect(server.requests).toHaveLength(7);
      expect(lines).toEqual([]);
    },
  );

  test('that hangs is given up after its time limit, and sent again', async () => {
    const { server, pings } = await startPings({ timeoutMs: 300 });
    server.fail(/start/, 'hang', { times: 1 });
    server.fail(/start/, 'stall', { times: 1 });
    pings.begin('backup', uuidv7());
    // The answer that began with 200 is one.
    await expect.poll(() => server.requests.length, WAIT).toBe(2);
    await pings.settle();
    expect(server.requests).toHaveLength(2);
  });

  test('is sent four times at most, and then a warning says why', async () => {
    const { server, pings, lines } = await startPings();
    server.fail(/./, { status: 502 });
    const runId = uuidv7();
    pings.begin('backup', runId);
    await pings.settle();
    expect(server.requests).toHaveLength(4);
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      expect.objectContaining({ level: 'warn', task: 'backup', signal: 'start', runId, why: 'HTTP 502' }),
    ]);
  });

  test.each([
    ['a key that is wrong', { key: 'other' }, 'HTTP 404'],
    ['a slug that two checks have', {}, 'HTTP 409'],
  ])('with %s is not sent again', async (_, options, why) => {
    const { server, pings, lines } = await startPings(options);
    server.makeAmbiguous('backup');
    pings.begin('backup', uuidv7());
    await pings.settle();
    expect(server.requests).toHaveLength(1);
    expect(lines.join('')).toContain(why);
  });

  test('waits as long as Healthchecks asks', async () => {
    const { server, pings } = await startPings();
    server.fail(/./, { status: 429, headers: { 'retry-after': '2' } }, { times: 1 });
    const startedAt = performance.now();
    pings.begin('backup', uuidv7());
    await expect.poll(server.signals, WAIT).toEqual(['start']);
    expect(performance.now() - startedAt).toBeGreaterThan(1_900);
  });

  test('follows no redirect: the key goes to nobody else', async () => {
    const { server, pings, lines } = await startPings();
    const other = await startHealthchecks();
    server.fail(/./, { status: 302, headers: { location: `${other.apiUrl}/${PING_KEY}/backup` } });
    pings.begin('backup', uuidv7());
    await pings.settle();
    expect(other.requests).toEqual([]);
    expect(lines.join('')).toContain('HTTP 302');
  });

  test('of a start is not tried again once the run has ended: the end says it all', async () => {
    const { server, pings, lines } = await startPings({ pausesMs: [600_000] });
    server.fail(/start/, { status: 500 });
    const end = pings.begin('backup', uuidv7());
    await expect.poll(() => server.requests.length, WAIT).toBe(1);
    end(outcome(), true);
    await expect.poll(server.signals, WAIT).toEqual(['success']);
    expect(server.requests).toHaveLength(2);
    expect(lines).toEqual([]);
  });

  test('holds at most 10,000 bytes and no half of a character', async () => {
    const { server, pings } = await startPings();
    pings.begin('backup', uuidv7())(outcome({ message: `x${'é😀'.repeat(5_000)}` }), true);
    await expect.poll(server.signals, WAIT).toHaveLength(2);
    const body = server.heard[1]?.body ?? '';
    const bytes = Buffer.byteLength(body);
    expect(bytes).toBeLessThanOrEqual(10_000);
    expect(bytes).toBeGreaterThan(9_990);
    expect(body).not.toContain('\u{FFFD}');
  });
});

describe('the pings', () => {
  test('of many runs keep their order run by run', async () => {
    const { server, pings } = await startPings();
    const runs = Array.from({ length: 40 }, () => uuidv7());
    for (const run of runs) pings.begin('outbox', run)(outcome(), true);
    await expect.poll(server.signals, WAIT).toHaveLength(80);
    for (const run of runs) {
      const told = server.heard.filter(({ runId }) => runId === run).map(({ signal }) => signal);
      expect(told).toEqual(['start', 'success']);
    }
  });

  test('under way are a hundred at most: the oldest is given up, and a warning says so', async () => {
    const { server, pings, lines } = await startPings();
    server.fail(/./, 'hang');
    for (let index = 0; index < 100; index++) pings.begin('outbox', uuidv7());
    expect(lines).toEqual([]);
    for (let index = 0; index < 5; index++) pings.begin('outbox', uuidv7());
    expect(lines).toHaveLength(5);
    expect(lines[0]).toContain('the oldest is given up');
  });

  test('are waited for at the end of the process, and no ping is sent after it', async () => {
    const { server, pings } = await startPings({ pausesMs: [100, 100, 100] });
    server.fail(/start/, { status: 500 }, { times: 3 });
    pings.begin('backup', uuidv7());
    await pings.settle();
    expect(server.signals()).toEqual(['start']);
  });
});
