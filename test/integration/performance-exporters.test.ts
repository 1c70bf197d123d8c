import { sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { nodeExporters } from '../../src/clients/node-exporter.js';
import { readLocalMachine } from '../../src/machine/local.js';
import { Secret } from '../../src/secret.js';
import { startApi } from '../support/http-api.js';
import { nodeExporterProgram, startNodeExporter, startRealNodeExporter } from '../support/node-exporter.js';
import { startPerformance } from '../support/performance.js';

const watching = (...urls: string[]) => startPerformance({ env: { NODE_EXPORTER_URLS: urls.join(' ') } });

describe('a machine with a node_exporter', () => {
  test('is measured as the own one is', async () => {
    const vps = await startNodeExporter({ disks: { '/': 40, '/data': 96 } });
    const { run, pass, samples, incidents } = await watching(vps.url);
    await run();
    pass(5);
    Object.assign(vps.state, { time: vps.state.time + 300, busySeconds: 100 + 570, inBytes: 1e6 + 3e4 });
    const answer = await run();
    expect(answer).toMatchObject({ status: 'succeeded', stats: { machines: 3, unreachable: 0 } });
    expect(await samples(vps.host)).toEqual({
      cpu_percent: expect.closeTo(95, 3),
      memory_percent: 50,
      'disk_percent:/': expect.closeTo(40, 3),
      'disk_percent:/data': expect.closeTo(96, 3),
      load_1: 0.5,
      load_1_per_core: 0.25,
      network_in_bytes_per_second: expect.closeTo(100, 3),
      network_out_bytes_per_second: 0,
    });
    expect((await incidents()).map(({ source, severity }) => [source, severity])).toEqual([
      [`performance:${vps.host}:disk_percent:/data`, 'critical'],
      [`performance:${vps.host}:cpu_percent`, 'important'],
    ]);
  });

  test('that has restarted has no rate until the run after', async () => {
    const vps = await startNodeExporter();
    const { run, pass, samples } = await watching(vps.url);
    await run();
    pass(5);
    Object.assign(vps.state, {
      bootedAt: vps.state.time + 10,
      time: vps.state.time + 300,
      busySeconds: 5_000,
    });
    await run();
    expect(await samples(vps.host)).not.toHaveProperty('cpu_percent');
  });

  test('that does not answer is told, and the others go on', async () => {
    const [good, bad] = await Promise.all([startNodeExporter(), startNodeExporter({ memoryPercent: 95 })]);
    const { run, pass, samples, incidents } = await watching(bad.url, good.url);
    await run();
    bad.fail(/metrics/, 'reset');
    pass(5);
    const answer = await run();
    // It is what this task has found, and has its incident: the run is no failure, which would be told a second time.
    expect(answer).toMatchObject({ status: 'succeeded', stats: { unreachable: 1, opened: 1 } });
    expect(await samples(good.host)).toHaveProperty('memory_percent');
    // What cannot be read now keeps its other incidents.
    const open = (await incidents()).filter((incident) => incident.open);
    expect(open.map(({ source }) => source)).toEqual([
      `performance:${bad.host}:memory_percent`,
      `performance:${bad.host}:unreachable`,
    ]);
    pass(60 * 30);
    await run();
    expect((await incidents()).filter((incident) => incident.open)).toHaveLength(2);
    bad.recover();
    pass(5);
    expect((await run()).stats).toMatchObject({ recovered: 1 });
  });

  test('that answers without measures is unreachable, and not well', async () => {
    const vps = await startNodeExporter();
    const { run, incidents } = await watching(vps.url);
    vps.fail(/metrics/, { status: 200, body: 'node_scrape_collector_success{collector="cpu"} 0\n' });
    expect((await run()).stats).toMatchObject({ unreachable: 1, opened: 1 });
    expect(await incidents()).toMatchObject([
      { source: `performance:${vps.host}:unreachable`, message: expect.stringContaining('node_exporter ?') },
    ]);
  });

  test('that hangs delays nothing of what is measured here', async () => {
    const vps = await startNodeExporter();
    const { run, machine, samples, incidents } = await watching(vps.url);
    await machine.memory(97);
    vps.fail(/metrics/, 'hang', { times: 1 });
    let ended = false;
    const running = run().finally(() => {
      ended = true;
    });
    for (const deadline = performance.now() + 60_000; (await incidents()).length === 0; ) {
      if (performance.now() > deadline) throw new Error('nothing was told');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(ended).toBe(false);
    expect(await incidents()).toMatchObject([{ source: 'performance:web-1:memory_percent', open: true }]);
    expect(await samples('database')).toHaveProperty('connections');
    expect((await running).stats).toMatchObject({ machines: 3, unreachable: 0, opened: 1 });
  });

  test('that hangs costs a run that is shut down nothing of what was measured here', async () => {
    const vps = await startNodeExporter();
    const { run, samples, context } = await watching(vps.url);
    vps.fail(/metrics/, 'hang');
    const running = run();
    for (const deadline = performance.now() + 60_000; vps.requests.length === 0; ) {
      if (performance.now() > deadline) throw new Error('nobody asked');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await context.runner.drain(0);
    expect((await running).status).toBe('interrupted');
    expect(await samples('web-1')).toHaveProperty('memory_percent');
    expect(await samples('database')).toHaveProperty('connections');
  });

  test('alerts of files that fill a disk, and not of a disk that nobody can write to', async () => {
    const vps = await startNodeExporter({
      disks: { '/': 40, '/data': 50, '/mirror': 99 },
      inodes: { '/': 20, '/data': 90, '/mirror': 99 },
      readOnly: ['/mirror'],
    });
    const { run, set, pass, samples, incidents } = await watching(vps.url);
    expect((await run()).stats).toMatchObject({ thresholdsExceeded: 1 });
    expect(await incidents()).toMatchObject([
      {
        source: `performance:${vps.host}:inodes_percent:/data`,
        severity: 'important',
        title: `Inodes de /data à 90 % sur ${vps.host} (seuil 85 %)`,
        message: expect.stringContaining('threshold.disk_percent '),
      },
    ]);
    expect(await samples(vps.host)).toMatchObject({
      'disk_percent:/mirror': expect.closeTo(99, 3),
      'inodes_percent:/mirror': expect.closeTo(99, 3),
    });
    pass(5);
    await set(`threshold.disk_percent.${vps.host}`, 98);
    expect((await run()).stats).toMatchObject({ recovered: 1 });
  });

  test('that is silent for a moment is asked again, and told to nobody', async () => {
    const [vps, other] = await Promise.all([startNodeExporter(), startNodeExporter()]);
    const { run, samples, incidents } = await watching(vps.url, other.url);
    vps.fail(/metrics/, 'reset', { times: 1 });
    vps.fail(/metrics/, { status: 502 }, { times: 1 });
    expect((await run()).stats).toMatchObject({ unreachable: 0, opened: 0 });
    expect(await samples(vps.host)).toHaveProperty('memory_percent');
    expect(await incidents()).toEqual([]);
    expect([vps.requests.length, other.requests.length]).toEqual([3, 1]);
  });

  test('several that are all silent are one incident, which ends with the first answer', async () => {
    const all = await Promise.all([startNodeExporter(), startNodeExporter(), startNodeExporter()]);
    const { run, pass, incidents } = await watching(...all.map(({ url }) => url));
    for (const one of all) one.fail(/metrics/, { status: 502 });
    expect((await run()).stats).toMatchObject({ unreachable: 3, opened: 1 });
    all[0]?.recover();
    pass(5);
    await run();
    expect((await incidents()).map(({ open }) => open)).toEqual([false, true, true]);
  });

  test('is asked with the password of its address, which is shown nowhere', async () => {
    const vps = await startNodeExporter({}, 'prometheus:p@ss-word-42');
    const address = `http://prometheus:p%40ss-word-42@${vps.host}`;
    const { run, samples, incidents, log, db } = await watching(
      address,
      `http://prometheus:wrong-word@${vps.host}`,
    );
    const answer = await run();
    expect(await samples(vps.host)).toHaveProperty('memory_percent');
    expect(await incidents()).toMatchObject([
      { source: `performance:${vps.host} (2):unreachable`, message: expect.stringContaining('401') },
    ]);
    const shown = JSON.stringify([answer, await db.rows(sql`select * from cronhook.incidents`)]) + log();
    expect(shown).not.toMatch(/ss-word|wrong-word/);
  });
});

describe('what is no node_exporter', () => {
  const going = new AbortController().signal;
  const read = (url: string) => {
    const [exporter] = nodeExporters([new Secret(url)], []);
    return (exporter as NonNullable<typeof exporter>).read(going).then(
      () => 'read',
      (error: Error) => error.message,
    );
  };

  test.each([
    ['a page', { status: 200, body: '<html><body>Hello</body></html>' }, 'line 1'],
    ['another exporter', { status: 200, body: 'go_goroutines 5\n' }, 'is it a node_exporter?'],
    ['one without collectors', { status: 200, body: 'node_time_seconds 5\n' }, 'without any measure'],
    [
      'one line without end',
      { status: 200, body: `node_load1{x="${'a'.repeat(1e6)}"} 1` },
      'without any measure',
    ],
    ['a refusal', { status: 403, body: 'no' }, 'refuses access (HTTP 403)'],
    ['an error', { status: 500, body: 'no' }, 'HTTP 500'],
    ['more than anybody reads', { status: 200, body: '#'.repeat(17 * 1024 * 1024) }, '16 MB'],
    ['an answer that breaks off', { status: 200, body: '', cut: true }, 'cannot be reached'],
  ])('is named: %s', async (_what, fault, words) => {
    const api = await startApi(() => ({ status: 200 }));
    api.fail(/./, fault);
    expect(await read(api.apiUrl)).toContain(words);
  });

  test('is named when nobody listens there', async () => {
    expect(await read('http://127.0.0.1:1')).toContain('127.0.0.1:1 cannot be reached');
    expect(await read('http://nowhere.invalid:9100')).toMatch(/ENOTFOUND|EAI_AGAIN/);
  });

  test('is given up after ten seconds', async () => {
    const api = await startApi(() => ({ status: 200 }));
    api.fail(/./, 'hang');
    expect(await read(api.apiUrl)).toContain('did not answer within 10 s');
  });
});

test('machines are called by host and port, and by their path behind a proxy', () => {
  const names = (...urls: string[]) =>
    nodeExporters(
      urls.map((url) => new Secret(url)),
      ['local'],
    ).map(({ name }) => name);
  expect(
    names(
      'http://10.0.0.2:9100',
      'https://user:password@proxy.example.com/node1/metrics?token=secret',
      'https://proxy.example.com/node2/metrics/',
      'http://10.0.0.2:9100/metrics',
      'http://local/',
      'http://[::1]:9100/',
    ),
  ).toEqual([
    '10.0.0.2:9100',
    'proxy.example.com/node1',
    'proxy.example.com/node2',
    '10.0.0.2:9100 (2)',
    'local (2)',
    '[::1]:9100',
  ]);
});

const program = nodeExporterProgram();
test.skipIf(!program)('a real node_exporter is read, and agrees with what we read ourselves', async () => {
  const url = await startRealNodeExporter(program as string);
  const { run, samples } = await watching(url);
  expect((await run()).status).toBe('succeeded');
  const read = await samples(new URL(url).host);
  const { gauges } = await readLocalMachine();
  const disks = (metrics: Iterable<string>) => [...metrics].filter((metric) => /^disk/.test(metric)).sort();
  expect(disks(Object.keys(read))).toEqual(disks(gauges.keys()));
  for (const disk of disks(gauges.keys())) expect(read[disk]).toBeCloseTo(gauges.get(disk) as number, -0.5);
  expect(read.memory_percent).toBeGreaterThan(0);
});
