import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { readLocalMachine } from '../../src/machine/local.js';
import { canLimit, residentBytes, startLimited } from '../support/cgroup.js';

const MB = 1024 * 1024;

test.skipIf(!canLimit())(
  'a process in a real cgroup with a small limit is measured by that limit',
  async () => {
    const memoryBytes = 192 * MB;
    const { pid } = await startLimited({ memoryBytes, cpuShare: 0.2 }, 96 * MB);
    const read = () => readLocalMachine({ process: String(pid) });
    const first = await read();
    expect(first.cores).toBeCloseTo(0.2, 5);
    const percent = first.gauges.get('memory_percent') ?? 0;
    expect(percent).toBeGreaterThan((100 * residentBytes(pid)) / memoryBytes / 1.3);
    expect(percent).toBeLessThanOrEqual(100);
    // The machine is far from that full; the process cannot have more than its share of a processor.
    const { clock_seconds: from = 0, cpu_seconds: used = 0 } = Object.fromEntries(first.counters);
    for (const deadline = performance.now() + 60_000; ; await sleep(500)) {
      const { clock_seconds = 0, cpu_seconds = 0 } = Object.fromEntries((await read()).counters);
      const share = (cpu_seconds - used) / (clock_seconds - from) / 0.2;
      if (clock_seconds - from > 3 && share > 0.5) {
        expect(share).toBeLessThan(1.5);
        break;
      }
      if (performance.now() > deadline) throw new Error(`it used ${share} of its share`);
    }
  },
);
