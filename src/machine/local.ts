import os from 'node:os';
import { parse } from 'node:path';
import { cpuLimit, findGroups, memoryPercent } from './cgroup.js';
import { readDisks, readMounts, useOf } from './mounts.js';
import { readCpu, readLoad, readMemory, readNetwork, readStart, readUptime } from './procfs.js';
import { addDisk, addLoad, type Counter, type MachineReading } from './reading.js';

export interface LocalMachineOptions {
  /** Where `proc` and `sys` are. */
  root?: string;
  /** Whose limits count: those of this process, unless its id is given. */
  process?: string;
}

/** The machine this runs on, or the container, where it has limits of its own; what cannot be read is left out. */
export async function readLocalMachine(options: LocalMachineOptions = {}): Promise<MachineReading> {
  const { root = '/', process = 'self' } = options;
  const cpu = await readCpu(root);
  if (!cpu) return readPortably();
  const groups = await findGroups(root, process);
  const limit = await cpuLimit(groups, cpu.cores);
  const memory = await readMemory(root);
  const gauges = new Map<string, number>();
  const readOnly = new Set<string>();
  const counters = new Map<Counter, number>();

  add(counters, 'clock_seconds', await readUptime(root));
  counters.set('cpu_seconds', limit?.usedSeconds ?? cpu.busySeconds);
  const network = await readNetwork(root, process);
  add(counters, 'network_in_bytes', network?.inBytes);
  add(counters, 'network_out_bytes', network?.outBytes);

  const limited = memory && (await memoryPercent(groups, memory.totalBytes));
  add(gauges, 'memory_percent', limited ?? memory?.percent);
  addLoad(gauges, await readLoad(root), cpu.cores);
  for (const use of await readDisks(root, await readMounts(root, process)))
    addDisk({ gauges, readOnly }, use);

  return {
    // What a limit counts is not what the machine counts.
    instance: [os.hostname(), await readStart(root), limit?.group ?? ''].join(' ').trim(),
    gauges,
    readOnly,
    counters,
    cores: limit?.cores ?? cpu.cores,
  };
}

/** Where there is no procfs. Windows knows no load; only it says how much memory could be had. */
async function readPortably(): Promise<MachineReading> {
  const windows = os.platform() === 'win32';
  const cpus = os.cpus();
  const gauges = new Map<string, number>();
  const readOnly = new Set<string>();
  const busy = cpus.reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0);
  if (windows) gauges.set('memory_percent', 100 * (1 - os.freemem() / os.totalmem()));
  else addLoad(gauges, os.loadavg(), cpus.length);
  const path = parse(process.cwd()).root;
  addDisk({ gauges, readOnly }, { path, isReadOnly: false, ...(await useOf(path)) });
  return {
    instance: os.hostname(),
    gauges,
    readOnly,
    counters: new Map<Counter, number>([
      ['clock_seconds', os.uptime()],
      ['cpu_seconds', busy / 1000],
    ]),
    cores: cpus.length || undefined,
  };
}

function add<Key>(values: Map<Key, number>, key: Key, value: number | undefined): void {
  if (value !== undefined && Number.isFinite(value)) values.set(key, value);
}
