import { spawn, spawnSync } from 'node:child_process';
import { createServer } from 'node:net';
import { onTestFinished } from 'vitest';
import { type ApiAnswer, startApi } from './http-api.js';

const GB = 1024 ** 3;

export interface ExporterState {
  bootedAt: number;
  /** Of the machine's clock. */
  time: number;
  cores: number;
  busySeconds: number;
  memoryPercent: number;
  disks: Record<string, number>;
  /** Of these disks, in percent. */
  inodes: Record<string, number>;
  /** Those of the disks that nobody can write to. */
  readOnly: string[];
  inBytes: number;
  outBytes: number;
  load: number;
}

const usual: ExporterState = {
  bootedAt: 1.79e9,
  time: 1.79e9 + 1_000,
  cores: 2,
  busySeconds: 100,
  memoryPercent: 50,
  disks: { '/': 40 },
  inodes: {},
  readOnly: [],
  inBytes: 1e6,
  outBytes: 2e5,
  load: 0.5,
};

/** A node_exporter whose machine the test moves; behind a password where one is given. */
export async function startNodeExporter(given: Partial<ExporterState> = {}, password?: string) {
  const state = { ...usual, ...given };
  const expected = password && `Basic ${Buffer.from(password).toString('base64')}`;
  const api = await startApi(({ path, headers }): ApiAnswer => {
    if (expected && headers.authorization !== expected) return { status: 401, body: 'Unauthorized' };
    if (path !== '/metrics') return { status: 404, body: 'not found' };
    return { status: 200, body: textOf(state), headers: { 'content-type': 'text/plain; version=0.0.4' } };
  });
  const { host } = new URL(api.apiUrl);
  return { ...api, state, host, url: password ? `http://${password}@${host}` : api.apiUrl };
}

function textOf(state: ExporterState): string {
  const lines = [
    '# HELP node_cpu_seconds_total Seconds the CPUs spent in each mode.',
    '# TYPE node_cpu_seconds_total counter',
  ];
  const { cores, busySeconds, time, bootedAt } = state;
  const idle = (time - bootedAt) * cores - busySeconds;
  for (let cpu = 0; cpu < cores; cpu++)
    lines.push(
      `node_cpu_seconds_total{cpu="${cpu}",mode="user"} ${busySeconds / cores}`,
      `node_cpu_seconds_total{cpu="${cpu}",mode="idle"} ${(idle / cores).toExponential()}`,
      `node_cpu_seconds_total{cpu="${cpu}",mode="iowait"} 12`,
    );
  for (const [path, percent] of Object.entries(state.disks)) {
    const labels = `device="/dev/disk${path}",fstype="ext4",mountpoint="${path}"`;
    const free = 100 * GB * (1 - percent / 100);
    lines.push(
      `node_filesystem_size_bytes{${labels}} ${(100 * GB).toExponential()}`,
      `node_filesystem_free_bytes{${labels}} ${free}`,
      `node_filesystem_avail_bytes{${labels}} ${free}`,
      `node_filesystem_readonly{${labels}} ${state.readOnly.includes(path) ? 1 : 0}`,
    );
    const inodes = state.inodes[path];
    if (inodes !== undefined)
      lines.push(
        `node_filesystem_files{${labels}} 1e+06`,
        `node_filesystem_files_free{${labels}} ${1e6 * (1 - inodes / 100)}`,
      );
  }
  return [
    ...lines,
    `node_boot_time_seconds ${bootedAt.toExponential()}`,
    `node_time_seconds ${time}`,
    `node_load1 ${state.load}`,
    `node_memory_MemTotal_bytes ${8 * GB}`,
    `node_memory_MemAvailable_bytes ${8 * GB * (1 - state.memoryPercent / 100)}`,
    `node_network_receive_bytes_total{device="eth0"} ${state.inBytes}`,
    `node_network_receive_bytes_total{device="lo"} 99999999`,
    `node_network_transmit_bytes_total{device="eth0"} ${state.outBytes}`,
    '',
  ].join('\n');
}

const PROGRAMS = ['prometheus-node-exporter', 'node_exporter'];

/** The program of a real one, where this machine has it. */
export const nodeExporterProgram = (): string | undefined =>
  PROGRAMS.find((program) => spawnSync(program, ['--version']).status === 0);

/** @returns its address */
export async function startRealNodeExporter(program: string): Promise<string> {
  const port = await freePort();
  const child = spawn(program, [`--web.listen-address=127.0.0.1:${port}`], { stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  const url = `http://127.0.0.1:${port}`;
  for (const deadline = performance.now() + 30_000; ; ) {
    const up = await fetch(url).then(
      ({ ok }) => ok,
      () => false,
    );
    if (up) return url;
    if (performance.now() > deadline) throw new Error(`${program} did not start`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
