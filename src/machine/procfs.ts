import { join } from 'node:path';
import { lineOf, readText } from './files.js';
import { isRealInterface } from './reading.js';

/** The kernel tells times in hundredths of a second, on every platform that Node runs on. */
const TICKS_PER_SECOND = 100;

/** Of all processors together, and how many they are; undefined where there is no such file. */
export async function readCpu(root: string): Promise<{ busySeconds: number; cores: number } | undefined> {
  const text = await readText(join(root, 'proc/stat'));
  const [, line] = text?.match(/^cpu +(.+)$/m) ?? [];
  if (!text || !line) return undefined;
  // Guests are counted as user and nice already; what a hypervisor took away is not to be had either.
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = line.split(/\s+/).map(Number);
  const cores = text.match(/^cpu\d+ /gm)?.length ?? 1;
  return { busySeconds: (user + nice + system + irq + softirq + steal) / TICKS_PER_SECOND, cores };
}

export async function readMemory(root: string): Promise<{ totalBytes: number; percent: number } | undefined> {
  const text = await readText(join(root, 'proc/meminfo'));
  const kilobytes = (name: string) => lineOf(text, name);
  const total = kilobytes('MemTotal');
  if (!total) return undefined;
  const free = (kilobytes('MemFree') ?? 0) + (kilobytes('Buffers') ?? 0) + (kilobytes('Cached') ?? 0);
  const available = kilobytes('MemAvailable') ?? free;
  return { totalBytes: total * 1024, percent: (100 * Math.max(0, total - available)) / total };
}

export async function readLoad(root: string): Promise<number[]> {
  const text = await readText(join(root, 'proc/loadavg'));
  const loads = text?.split(' ').slice(0, 3).map(Number) ?? [];
  return loads.every(Number.isFinite) ? loads : [];
}

export async function readNetwork(
  root: string,
  process: string,
): Promise<{ inBytes: number; outBytes: number } | undefined> {
  const text = await readText(join(root, 'proc', process, 'net/dev'));
  if (!text) return undefined;
  const sum = { inBytes: 0, outBytes: 0 };
  for (const line of text.split('\n')) {
    const [, name = '', figures] = /^\s*([^\s:]+):\s*(.+)$/.exec(line) ?? [];
    if (!figures || !isRealInterface(name)) continue;
    const values = figures.trim().split(/\s+/).map(Number);
    sum.inBytes += values[0] ?? 0;
    sum.outBytes += values[8] ?? 0;
  }
  return sum;
}

/** Since the machine started: unlike its clock it never jumps. */
export async function readUptime(root: string): Promise<number | undefined> {
  const seconds = Number((await readText(join(root, 'proc/uptime')))?.split(' ')[0]);
  return Number.isFinite(seconds) && seconds > 0 ? seconds : undefined;
}

/** This start of the machine, and of the container that its first process began. */
export async function readStart(root: string): Promise<string> {
  const boot = (await readText(join(root, 'proc/sys/kernel/random/boot_id')))?.trim() ?? '';
  // A name in parentheses may hold spaces; the 22nd field is when the process started.
  const [, fields = ''] = /\) (.+)$/.exec((await readText(join(root, 'proc/1/stat')))?.trim() ?? '') ?? [];
  return `${boot} ${fields.split(' ')[19] ?? ''}`.trim();
}
