import { type ExposedSample, readExposition } from './exposition.js';
import {
  addDisk,
  addLoad,
  type Counter,
  diskPercent,
  inodesPercent,
  isRealInterface,
  type MachineReading,
  realDisks,
} from './reading.js';

type Samples = Map<string, ExposedSample[]>;

/** Modes in which a processor could do more work. */
const IDLE = new Set(['idle', 'iowait']);

/**
 * What a Prometheus node_exporter tells of its machine.
 * @returns undefined where nothing among the samples is a measure
 * @throws {ExpositionError}
 */
export function readExporter(text: string): MachineReading | undefined {
  const samples: Samples = new Map();
  for (const sample of readExposition(text)) {
    const known = samples.get(sample.name);
    if (known) known.push(sample);
    else if (sample.name.startsWith('node_')) samples.set(sample.name, [sample]);
  }
  const gauges = new Map<string, number>();
  const readOnly = new Set<string>();
  const cores = coresOf(samples);
  addMemory(gauges, samples);
  addDisks({ gauges, readOnly }, samples);
  addLoad(
    gauges,
    ['node_load1', 'node_load5', 'node_load15'].map((name) => single(samples, name)),
    cores,
  );
  const reading: MachineReading = {
    instance: String(single(samples, 'node_boot_time_seconds') ?? ''),
    gauges: finite(gauges),
    readOnly,
    counters: finite(countersOf(samples)),
    cores,
  };
  return measuresAnything(reading) ? reading : undefined;
}

/** Its clock alone says nothing of how the machine is. */
const measuresAnything = ({ gauges, counters }: MachineReading): boolean =>
  gauges.size > 0 || [...counters.keys()].some((counter) => counter !== 'clock_seconds');

const single = (samples: Samples, name: string): number | undefined => samples.get(name)?.[0]?.value;

const coresOf = (samples: Samples): number | undefined =>
  new Set(samples.get('node_cpu_seconds_total')?.map(({ labels }) => labels.get('cpu'))).size || undefined;

function countersOf(samples: Samples): Map<Counter, number> {
  const sumOf = (name: string, counts: (sample: ExposedSample) => boolean) =>
    samples.get(name)?.reduce((sum, sample) => (counts(sample) ? sum + sample.value : sum), 0);
  const real = ({ labels }: ExposedSample) => isRealInterface(labels.get('device') ?? '');
  const found: [Counter, number | undefined][] = [
    ['clock_seconds', single(samples, 'node_time_seconds')],
    ['cpu_seconds', sumOf('node_cpu_seconds_total', ({ labels }) => !IDLE.has(labels.get('mode') ?? ''))],
    ['network_in_bytes', sumOf('node_network_receive_bytes_total', real)],
    ['network_out_bytes', sumOf('node_network_transmit_bytes_total', real)],
  ];
  return new Map(found.flatMap(([counter, value]) => (value === undefined ? [] : [[counter, value]])));
}

function addMemory(gauges: Map<string, number>, samples: Samples): void {
  const bytes = (name: string) => single(samples, `node_memory_${name}_bytes`);
  const total = bytes('MemTotal');
  const free = bytes('MemFree');
  const available =
    bytes('MemAvailable') ?? (free && free + (bytes('Buffers') ?? 0) + (bytes('Cached') ?? 0));
  if (total && available !== undefined)
    gauges.set('memory_percent', (100 * Math.max(0, total - available)) / total);
}

function addDisks(reading: Pick<MachineReading, 'gauges' | 'readOnly'>, samples: Samples): void {
  const by = (name: string) =>
    new Map(
      samples.get(name)?.map(({ labels, value }) => [labels.get('mountpoint') ?? '', { labels, value }]),
    );
  const sizes = by('node_filesystem_size_bytes');
  const free = by('node_filesystem_free_bytes');
  const available = by('node_filesystem_avail_bytes');
  const failing = by('node_filesystem_device_error');
  const readOnly = by('node_filesystem_readonly');
  const files = by('node_filesystem_files');
  const filesFree = by('node_filesystem_files_free');
  const mounts = [...sizes]
    .filter(([path]) => failing.get(path)?.value !== 1)
    .map(([path, { labels, value }]) => ({
      path,
      device: labels.get('device') ?? '',
      type: labels.get('fstype') ?? '',
      isReadOnly: readOnly.get(path)?.value === 1,
      size: value,
    }));
  const none = { value: Number.NaN };
  for (const { path, isReadOnly, size } of realDisks(mounts)) {
    const space = diskPercent(size, (free.get(path) ?? none).value, available.get(path)?.value ?? 0);
    const inodes = inodesPercent((files.get(path) ?? none).value, (filesFree.get(path) ?? none).value);
    addDisk(reading, { path, isReadOnly, space, inodes });
  }
}

/** An exporter that could not read something may say NaN. */
const finite = <Key>(values: Map<Key, number>): Map<Key, number> =>
  new Map([...values].filter(([, value]) => Number.isFinite(value)));
