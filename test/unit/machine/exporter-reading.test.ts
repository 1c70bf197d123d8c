import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { readExporter } from '../../../src/machine/exporter-reading.js';

test('what node_exporter 1.5.0 has said of a machine is read', async () => {
  const text = await readFile(new URL('../../support/node-exporter-1.5.0.txt', import.meta.url), 'utf8');
  const reading = readExporter(text);
  expect(reading?.instance).toBe('1795274215');
  expect(reading?.cores).toBe(2);
  expect(Object.fromEntries(reading?.gauges ?? [])).toEqual({
    memory_percent: expect.closeTo(3.1, 0),
    'disk_percent:/': expect.closeTo(29.5, 0),
    load_1: 6.35,
    load_5: 4.58,
    load_15: 2.83,
    load_1_per_core: 3.175,
  });
  expect(Object.fromEntries(reading?.counters ?? [])).toEqual({
    clock_seconds: expect.closeTo(1795299508.225, 3),
    cpu_seconds: expect.any(Number),
    network_in_bytes: 3991483162,
    network_out_bytes: expect.any(Number),
  });
});

test('a disk that could not be read, in memory or on a network, or mounted twice, is left out', () => {
  const disk = (name: string, labels: string) =>
    `node_filesystem_size_bytes{${labels}} 100\nnode_filesystem_free_bytes{${labels}} 10\nnode_filesystem_avail_bytes{${labels}} 5${name}\n`;
  const text = [
    disk('', 'device="/dev/sda1",fstype="ext4",mountpoint="/"'),
    disk('', 'device="/dev/sda1",fstype="ext4",mountpoint="/var/lib/docker/x"'),
    disk('', 'device="tmpfs",fstype="tmpfs",mountpoint="/run"'),
    disk('', 'device="nas:/x",fstype="nfs4",mountpoint="/nas"'),
    disk('', 'device="/dev/sdb",fstype="xfs",mountpoint="/broken"'),
    'node_filesystem_device_error{device="/dev/sdb",fstype="xfs",mountpoint="/broken"} 1',
  ].join('\n');
  expect([...(readExporter(text)?.gauges ?? [])]).toEqual([['disk_percent:/', expect.closeTo(94.74, 2)]]);
});

test('figures that are none are left out', () => {
  const text = 'node_load1 NaN\nnode_load5 +Inf\nnode_load15 1\nnode_time_seconds NaN';
  const reading = readExporter(text);
  expect([...(reading?.gauges ?? [])]).toEqual([['load_15', 1]]);
  expect([...(reading?.counters ?? [])]).toEqual([]);
});

test('a disk tells of its files too, and whether anybody writes to it', () => {
  const disk = (path: string, isReadOnly: boolean) => {
    const labels = `{device="/dev/sd${path.length}",fstype="ext4",mountpoint="${path}"}`;
    return [
      `node_filesystem_size_bytes${labels} 100`,
      `node_filesystem_free_bytes${labels} 50`,
      `node_filesystem_avail_bytes${labels} 50`,
      `node_filesystem_files${labels} 1000`,
      `node_filesystem_files_free${labels} 100`,
      `node_filesystem_readonly${labels} ${isReadOnly ? 1 : 0}`,
    ].join('\n');
  };
  const reading = readExporter([disk('/data', false), disk('/mirror', true)].join('\n'));
  expect(Object.fromEntries(reading?.gauges ?? [])).toEqual({
    'disk_percent:/data': 50,
    'inodes_percent:/data': 90,
    'disk_percent:/mirror': 50,
    'inodes_percent:/mirror': 90,
  });
  expect([...(reading?.readOnly ?? [])]).toEqual(['disk_percent:/mirror', 'inodes_percent:/mirror']);
});

test('a disk that is mounted twice is the one that can be written to', () => {
  const mount = (path: string, isReadOnly: boolean) => {
    const labels = `{device="/dev/sda1",fstype="ext4",mountpoint="${path}"}`;
    return `node_filesystem_size_bytes${labels} 100\nnode_filesystem_free_bytes${labels} 5\nnode_filesystem_avail_bytes${labels} 5\nnode_filesystem_readonly${labels} ${isReadOnly ? 1 : 0}`;
  };
  const reading = readExporter([mount('/ro', true), mount('/var/lib/data', false)].join('\n'));
  expect([...(reading?.gauges.keys() ?? [])]).toEqual(['disk_percent:/var/lib/data']);
  expect([...(reading?.readOnly ?? [])]).toEqual([]);
});

test('names that hold control characters become one line', () => {
  const labels = '{device="/dev/sda1",fstype="ext4",mountpoint="/a\\nSMS: call me\u0000\u202e\u2028b"}';
  const text = `node_filesystem_size_bytes${labels} 100\nnode_filesystem_free_bytes${labels} 5\nnode_filesystem_avail_bytes${labels} 5`;
  expect([...(readExporter(text)?.gauges.keys() ?? [])]).toEqual(['disk_percent:/a SMS: call me b']);
});

test('the metrics of something else are none of a machine', () => {
  expect(readExporter('node_scrape_collector_success{collector="cpu"} 0\n')).toBeUndefined();
  expect(readExporter('node_time_seconds 5\nnode_load1 NaN\n')).toBeUndefined();
  expect(readExporter('go_goroutines 5\n')).toBeUndefined();
  expect(readExporter('')).toBeUndefined();
});
