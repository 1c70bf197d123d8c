import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

const ROOT = '/sys/fs/cgroup';
const NAME = `cronhook-test-${process.pid}`;

interface Limits {
  memoryBytes: number;
  /** Of one processor. */
  cpuShare: number;
}

/** @returns the folders of a group of its own with these limits; none where this machine does not let us make one */
function makeGroup({ memoryBytes, cpuShare }: Limits): string[] | undefined {
  const first = existsSync(join(ROOT, 'memory'));
  const folders = (first ? ['memory', 'cpu', 'cpuacct'] : ['']).map((name) => join(ROOT, name, NAME));
  try {
    for (const folder of folders) mkdirSync(folder, { recursive: true });
    const [memory = '', cpu = memory] = folders;
    const quota = cpuShare * 100_000;
    if (first) {
      writeFileSync(join(memory, 'memory.limit_in_bytes'), String(memoryBytes));
      writeFileSync(join(cpu, 'cpu.cfs_period_us'), '100000');
      writeFileSync(join(cpu, 'cpu.cfs_quota_us'), String(quota));
    } else {
      if (!existsSync(join(memory, 'memory.max'))) throw new Error('not delegated');
      writeFileSync(join(memory, 'memory.max'), String(memoryBytes));
      writeFileSync(join(cpu, 'cpu.max'), `${quota} 100000`);
    }
    return folders;
  } catch {
    removeGroup(folders);
    return undefined;
  }
}

function removeGroup(folders: string[]): void {
  for (const folder of folders) {
    try {
      rmdirSync(folder);
    } catch {
      // It was never made, or the kernel has not let go of it yet.
    }
  }
}

export function canLimit(): boolean {
  const folders = makeGroup({ memoryBytes: 64 * 1024 * 1024, cpuShare: 0.1 });
  if (folders) removeGroup(folders);
  return folders !== undefined;
}

/** A process within real limits that holds so much memory and keeps a processor busy, until the test ends. */
export async function startLimited(limits: Limits, heldBytes: number): Promise<{ pid: number }> {
  const folders = makeGroup(limits);
  if (!folders) throw new Error('this machine has no cgroups for us');
  const program = `
    const held = Buffer.alloc(${heldBytes}, 1);
    process.stdout.write('ready');
    const spin = () => { for (let n = 0; n < 1e6; n++) held[n % held.length] += 1; setImmediate(spin); };
    spin();
  `;
  const enter = folders.map((folder) => `echo $$ > ${folder}/cgroup.procs`).join(' && ');
  const child = spawn('sh', ['-c', `${enter} && exec "$0" -e "$1"`, process.execPath, program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(async () => {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'close');
    removeGroup(folders);
  });
  await once(child.stdout, 'data');
  return { pid: child.pid as number };
}

/** What the kernel itself says that a process holds. */
export function residentBytes(pid: number): number {
  const [, kilobytes] = /^RssAnon:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) * 1024;
}
