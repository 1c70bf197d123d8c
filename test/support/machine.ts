import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { temporaryFolder } from './folder.js';

const GB = 1024 * 1024;

/** A tree of `proc` and `sys` as Linux shows them, which the test writes; gone when it ends. */
export async function fakeMachine() {
  const root = await temporaryFolder();
  const file = async (path: string, text: string | number) => {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), `${text}\n`);
  };
  const mounts = (...lines: string[]) =>
    file(
      'proc/self/mountinfo',
      ['21 1 0:22 / /proc rw - proc proc rw', ...lines.map((line, index) => `${30 + index} 1 ${line}`)].join(
        '\n',
      ),
    );
  const machine = {
    root,
    file,
    /** As `mountinfo` has them, from the device's numbers on. */
    mounts,
    /** Seconds since the start, of which so many processors were busy for so many seconds together. */
    clock: async (uptime: number, busySeconds: number, cores = 4) => {
      await file('proc/uptime', `${uptime.toFixed(2)} ${(uptime * cores - busySeconds).toFixed(2)}`);
      const idle = Math.round((uptime * cores - busySeconds) * 100);
      await file(
        'proc/stat',
        [
          `cpu  ${Math.round(busySeconds * 60)} 0 ${Math.round(busySeconds * 40)} ${idle} 0 0 0 0 0 0`,
          ...Array.from({ length: cores }, (_, core) => `cpu${core} 0 0 0 0 0 0 0 0 0 0`),
          'btime 1790000000',
        ].join('\n'),
      );
    },
    /** Percent of 8 GB. */
    memory: (percent: number) => {
      const total = 8 * GB;
      const available = Math.round(total * (1 - percent / 100));
      return file('proc/meminfo', `MemTotal: ${total} kB\nMemFree: 1000 kB\nMemAvailable: ${available} kB`);
    },
    network: (inBytes: number, outBytes: number) =>
      file(
        'proc/self/net/dev',
        [
          'Inter-|   Receive                                                |  Transmit',
          ' face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs',
          '    lo: 999999 1 0 0 0 0 0 0 999999 1 0 0 0 0 0 0',
          `  eth0:${inBytes} 1 0 0 0 0 0 0 ${outBytes} 1 0 0 0 0 0 0`,
          'docker0: 888888 1 0 0 0 0 0 0 888888 1 0 0 0 0 0 0',
        ].join('\n'),
      ),
  };
  await machine.clock(1_000, 100);
  await machine.memory(40);
  await machine.network(1_000, 500);
  await file('proc/loadavg', '0.50 0.40 0.30 1/200 12345');
  await file('proc/sys/kernel/random/boot_id', '7b1e1d10-6f0d-4f1e-9d3e-000000000001');
  await file('proc/1/stat', `1 (node (main)) S ${Array.from({ length: 18 }, () => 0).join(' ')} 77 0 0`);
  await mounts();
  return machine;
}

/** A group of cgroup v2 with the machine's own files, `/app` being the one of the process. */
export async function inGroupV2(machine: Awaited<ReturnType<typeof fakeMachine>>) {
  await machine.mounts('0:29 / /sys/fs/cgroup ro - cgroup2 cgroup rw');
  await machine.file('proc/self/cgroup', '0::/app');
  return (name: string, text: string | number) => machine.file(`sys/fs/cgroup/app/${name}`, text);
}

/** As Docker does on older hosts: its own group is mounted, and the path is that of the host. */
export async function inGroupV1(machine: Awaited<ReturnType<typeof fakeMachine>>) {
  await machine.mounts(
    '0:30 /docker/abc /sys/fs/cgroup/cpu,cpuacct ro - cgroup cgroup rw,cpu,cpuacct',
    '0:31 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory',
  );
  await machine.file('proc/self/cgroup', '5:cpu,cpuacct:/docker/abc\n4:memory:/docker/abc\n0::/docker/abc');
  return (name: string, text: string | number) =>
    machine.file(`sys/fs/cgroup/${name.startsWith('memory') ? 'memory' : 'cpu,cpuacct'}/${name}`, text);
}
