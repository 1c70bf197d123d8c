import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { startAvailability, startPage } from '../support/availability.js';
import { startDns } from '../support/dns.js';
import { addMonitor, storedChecks } from '../support/monitors.js';
import { closedPort } from '../support/probe-servers.js';

const NAMES = ['one.example', 'two.example', 'three.example'];

/** Names far away, of which the name server says nothing while the network is down. */
async function start(options: { pauses?: number[] } = {}) {
  const dns = await startDns(Object.fromEntries(NAMES.map((name) => [name, 'broken' as const])));
  const service = await startAvailability({ ...options, network: { dnsServers: [dns.server] } });
  const page = await startPage();
  const watchNames = async (names: string[], given = {}) => {
    const ids: string[] = [];
    for (const name of names)
      ids.push(
        await addMonitor(service.db, {
          name,
          target: `http://${name}:${page.port}/`,
          timeout_ms: 20_000,
          ...given,
        }),
      );
    return ids;
  };
  return {
    ...service,
    dns,
    page,
    watchNames,
    /** What the names lead to from now on. */
    lead: (to: string[] | 'broken', names = NAMES) => {
      for (const name of names) dns.records[name] = to;
    },
    sources: async () => (await service.incidents()).filter(({ open }) => open).map(({ source }) => source),
  };
}

const deadUrl = async () => `http://127.0.0.1:${await closedPort()}/`;

describe('the network of the service being down', () => {
  test('is one incident, that names some targets, and no downtime of anybody', async () => {
    const { db, lead, watch, watchNames, later, now, smtp, texts, incidents } = await start();
    const names = [...NAMES, ...Array.from({ length: 7 }, (_, index) => `site${index}.example`)];
    lead('broken', names);
    const before = now();
    await watchNames(names, { severity: 'important' });
    await db.rows(sql`update cronhook.monitors set severity = 'critical' where name = 'two.example'`);
    expect((await watch()).stats).toMatchObject({ monitors: 10, down: 0, opened: 1, networkDown: true });
    later(5);
    expect((await watch()).stats).toMatchObject({ opened: 0, networkDown: true });
    expect(await storedChecks(db)).toEqual([]);
    expect(await incidents()).toEqual([{ source: 'monitoring:network', severity: 'critical', open: true }]);
    const [row] = await db.rows<{ opened_at: string }>(sql`select opened_at from cronhook.incidents`);
    expect(new Date(row?.opened_at ?? '')).toEqual(before);
    expect([smtp.mails.length, texts().length]).toEqual([1, 1]);
    expect(await smtp.mails[0]?.text).toContain('http://one.example:');
    // One that answers is enough.
    lead(['127.0.0.1'], ['site6.example']);
    later(5);
    expect((await watch()).stats).toMatchObject({ networkDown: true });
    // A name that does not exist is an answer, too.
    lead([], ['site5.example']);
    later(5);
    expect((await watch()).stats).toMatchObject({ networkDown: false, recovered: 1, down: 9, opened: 9 });
    expect([smtp.mails.length, texts().length]).toEqual([3, 3]);
  });

  test('is seen although what stands on this machine is well, and that is judged by itself', async () => {
    const { db, watch, page, watchNames, sources } = await start();
    await watchNames(NAMES);
    await addMonitor(db, { name: 'Ici', target: page.url });
    const dead = await addMonitor(db, { name: 'Mort', target: await deadUrl() });
    expect((await watch()).stats).toMatchObject({ up: 1, down: 1, opened: 2, networkDown: true });
    expect((await sources()).sort()).toEqual([`monitor:${dead}`, 'monitoring:network']);
    expect(new Set((await storedChecks(db)).map(({ monitor }) => monitor))).toEqual(new Set(['Ici', 'Mort']));
  });

  test('keeps nothing open of what was down before, and ends nothing', async () => {
    const { lead, watch, watchNames, later, sources, mails } = await start();
    lead(['127.0.0.1'], ['one.example']);
    lead([], ['two.example']);
    const [, gone] = await watchNames(NAMES.slice(0, 2));
    await watch();
    expect(await sources()).toEqual([`monitor:${gone}`]);
    lead('broken');
    await watchNames(['three.example']);
    later(5);
    await watch();
    expect((await sources()).sort()).toEqual([`monitor:${gone}`, 'monitoring:network']);
    expect(mails()).toHaveLength(2);
  });

  test('is not to blame for two monitors, nor where somebody refuses a connection', async () => {
    const { db, watch, watchNames, incidents } = await start();
    await watchNames(NAMES.slice(0, 2));
    for (const name of ['A', 'B', 'C']) await addMonitor(db, { name, target: await deadUrl() });
    expect((await watch()).stats).toMatchObject({ down: 5, opened: 5, networkDown: false });
    expect((await incidents()).some(({ source }) => source === 'monitoring:network')).toBe(false);
    expect((await storedChecks(db)).length).toBeGreaterThan(5);
  });

  test('is told of no more once too few are left that would show it', async () => {
    const { db, watch, watchNames, later, sources, mails } = await start();
    const [, two, three] = await watchNames(NAMES);
    await watch();
    expect(await sources()).toEqual(['monitoring:network']);
    await db.rows(sql`delete from cronhook.monitors where name = 'one.example'`);
    later(5);
    await watch();
    expect((await sources()).sort()).toEqual([`monitor:${two}`, `monitor:${three}`].sort());
    expect(mails()).toHaveLength(3);
  });

  test('within the passes has been no downtime, and is told to nobody', async () => {
    const { db, watch, watchNames, lead, dns, incidents } = await start({ pauses: [200, 20_000, 60_000] });
    await watchNames(NAMES);
    const running = watch();
    while (dns.asked.length === 0) await sleep(20);
    lead(['127.0.0.1']);
    expect((await running).stats).toMatchObject({ up: 3, down: 0, opened: 0, networkDown: false });
    expect(await incidents()).toEqual([]);
    expect((await storedChecks(db)).length).toBeGreaterThan(0);
  });
});
