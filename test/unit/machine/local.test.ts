import { describe, expect, test } from 'vitest';
import { readLocalMachine } from '../../../src/machine/local.js';
import { temporaryFolder } from '../../support/folder.js';
import { fakeMachine, inGroupV1, inGroupV2 } from '../../support/machine.js';

const MB = 1024 * 1024;
/** What the first version says where there is no limit. */
const UNLIMITED_V1 = '9223372036854771712';

describe('a machine without limits', () => {
  test('tells of itself as a whole', async () => {
    const machine = await fakeMachine();
    const { gauges, counters, cores } = await readLocalMachine({ root: machine.root });
    expect(cores).toBe(4);
    expect(gauges.get('memory_percent')).toBeCloseTo(40, 3);
    expect(Object.fromEntries(counters)).toEqual({
      clock_seconds: 1_000,
      cpu_seconds: 100,
      network_in_bytes: 1_000,
      network_out_bytes: 500,
    });
    expect(gauges.get('load_1')).toBe(0.5);
    expect(gauges.get('load_15')).toBe(0.3);
    expect(gauges.get('load_1_per_core')).toBe(0.125);
  });

  test('is another one after it or its container has started anew', async () => {
    const machine = await fakeMachine();
    const read = async () => (await readLocalMachine({ root: machine.root })).instance;
    const first = await read();
    await machine.clock(2_000, 200);
    expect(await read()).toBe(first);
    await machine.file('proc/1/stat', `1 (node) S ${Array.from({ length: 18 }, () => 0).join(' ')} 78 0 0`);
    const second = await read();
    expect(second).not.toBe(first);
    await machine.file('proc/sys/kernel/random/boot_id', 'another');
    expect(new Set([first, second, await read()]).size).toBe(3);
  });

  test('leaves out what it does not know', async () => {
    const machine = await fakeMachine();
    for (const path of ['proc/meminfo', 'proc/loadavg', 'proc/uptime', 'proc/self/net/dev'])
      await machine.file(path, 'nonsense');
    const { gauges, counters } = await readLocalMachine({ root: machine.root });
    expect([...gauges]).toEqual([]);
    expect([...counters.keys()]).toEqual(['cpu_seconds', 'network_in_bytes', 'network_out_bytes']);
  });
});

describe.each([
  ['v2', inGroupV2],
  ['v1', inGroupV1],
] as const)('a container under cgroup %s', (version, enter) => {
  const write = async (machine: Awaited<ReturnType<typeof fakeMachine>>, memory: object, cpu: object) => {
    const file = await enter(machine);
    const { limit, used, inactive } = memory as Record<string, string | number>;
    const { quota, seconds } = cpu as { quota: number; seconds: number };
    if (version === 'v2') {
      await file('memory.max', limit ?? 'max');
      await file('memory.current', used ?? 0);
      await file('memory.stat', `anon 1\ninactive_file ${inactive ?? 0}\nactive_file 5`);
      await file('cpu.max', `${quota > 0 ? quota : 'max'} 100000`);
      await file('cpu.stat', `usage_usec ${seconds * 1e6}\nuser_usec 1`);
    } else {
      await file('memory.limit_in_bytes', limit ?? UNLIMITED_V1);
      await file('memory.usage_in_bytes', used ?? 0);
      await file('memory.stat', `inactive_file 1\ntotal_inactive_file ${inactive ?? 0}`);
      await file('cpu.cfs_quota_us', quota);
      await file('cpu.cfs_period_us', 100_000);
      await file('cpuacct.usage', seconds * 1e9);
    }
  };

  test('tells of its own limits, files that could be given back aside', async () => {
    const machine = await fakeMachine();
    await write(
      machine,
      { limit: 64 * MB, used: 60 * MB, inactive: 28 * MB },
      { quota: 50_000, seconds: 12.5 },
    );
    const { gauges, counters, cores } = await readLocalMachine({ root: machine.root });
    expect(gauges.get('memory_percent')).toBe(50);
    expect(counters.get('cpu_seconds')).toBe(12.5);
    expect(cores).toBe(0.5);
  });

  test('without limits, or with more than the machine has, tells of the machine', async () => {
    for (const [limit, quota] of [
      [undefined, -1],
      [64 * 1024 * MB, 800_000],
    ] as const) {
      const machine = await fakeMachine();
      await write(machine, { limit, used: 60 * MB }, { quota, seconds: 12.5 });
      const { gauges, counters, cores } = await readLocalMachine({ root: machine.root });
      expect(gauges.get('memory_percent')).toBeCloseTo(40, 3);
      expect(counters.get('cpu_seconds')).toBe(100);
      expect(cores).toBe(4);
    }
  });
});

test('a limit on a group further out holds for what is within it', async () => {
  const machine = await fakeMachine();
  await machine.mounts('0:29 / /sys/fs/cgroup ro - cgroup2 cgroup rw');
  await machine.file('proc/self/cgroup', '0::/pod/app');
  const group = 'sys/fs/cgroup/pod';
  await machine.file(`${group}/app/memory.max`, 'max');
  await machine.file(`${group}/app/memory.current`, 10 * MB);
  await machine.file(`${group}/memory.max`, 100 * MB);
  await machine.file(`${group}/memory.current`, 75 * MB);
  await machine.file(`${group}/app/cpu.max`, 'max 100000');
  await machine.file(`${group}/app/cpu.stat`, 'usage_usec 1000000');
  await machine.file(`${group}/cpu.max`, '200000 100000');
  await machine.file(`${group}/cpu.stat`, 'usage_usec 3000000');
  const { gauges, counters, cores } = await readLocalMachine({ root: machine.root });
  expect(gauges.get('memory_percent')).toBe(75);
  expect([counters.get('cpu_seconds'), cores]).toEqual([3, 2]);
});

test('a container that may run on some processors only is full when those are', async () => {
  const machine = await fakeMachine();
  const file = await inGroupV2(machine);
  await file('cpu.max', 'max 100000');
  await file('cpu.stat', 'usage_usec 7000000');
  await file('cpuset.cpus.effective', '0-1,3');
  const { counters, cores } = await readLocalMachine({ root: machine.root });
  expect([counters.get('cpu_seconds'), cores]).toEqual([7, 3]);
});

test('this machine can be read as it is', async () => {
  const { gauges, counters, cores } = await readLocalMachine();
  expect(cores).toBeGreaterThan(0);
  expect(counters.get('cpu_seconds')).toBeGreaterThan(0);
  for (const [metric, value] of gauges) {
    expect(Number.isFinite(value), metric).toBe(true);
    if (metric.includes('percent')) expect(value).toBeLessThanOrEqual(100);
  }
});

test('a machine without procfs tells what Node knows of it', async () => {
  const { counters, cores } = await readLocalMachine({ root: await temporaryFolder() });
  expect(counters.get('clock_seconds')).toBeGreaterThan(0);
  expect(counters.get('cpu_seconds')).toBeGreaterThan(0);
  expect(cores).toBeGreaterThan(0);
});
