import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readLocalMachine } from '../../../src/machine/local.js';
import { diskPercent, inodesPercent, isRealInterface } from '../../../src/machine/reading.js';
import { fakeMachine } from '../../support/machine.js';

async function disksOf(lines: string[], folders: string[] = []) {
  const machine = await fakeMachine();
  for (const folder of folders) await mkdir(join(machine.root, folder), { recursive: true });
  await machine.mounts(...lines);
  const { gauges } = await readLocalMachine({ root: machine.root });
  return [...gauges.keys()].filter((metric) => metric.startsWith('disk_percent:')).sort();
}

describe('the disks of a machine', () => {
  test('are its real mounts: nothing in memory, over a network or packed into a file', async () => {
    const disks = await disksOf(
      [
        '8:1 / / rw shared:1 - ext4 /dev/sda1 rw',
        '8:2 / /data rw,relatime shared:2 master:1 - xfs /dev/sdb1 rw',
        '0:40 / /run rw - tmpfs tmpfs rw',
        '0:41 / /dev rw - devtmpfs dev rw',
        '7:1 / /snap/core/1 ro - squashfs /dev/loop1 ro',
        '0:42 / /mnt/nas rw - nfs4 nas:/export rw',
        '0:43 / /mnt/share rw - cifs //nas/share rw',
        '0:44 / /mnt/remote rw - fuse.sshfs user@host: rw',
        '0:45 / /var/lib/docker/overlay2/x/merged rw - overlay overlay rw',
      ],
      ['data', 'run', 'mnt/nas', 'mnt/share', 'mnt/remote', 'var/lib/docker/overlay2/x/merged'],
    );
    expect(disks).toEqual(['disk_percent:/', 'disk_percent:/data']);
  });

  test('are counted once, however often they are mounted', async () => {
    const disks = await disksOf(
      [
        '8:1 /var/data /srv/data rw - ext4 /dev/sda1 rw',
        '8:1 / / rw - ext4 /dev/sda1 rw',
        '8:1 /home /home rw - ext4 /dev/sda1 rw',
      ],
      ['srv/data', 'home'],
    );
    expect(disks).toEqual(['disk_percent:/']);
  });

  test('of a container are its root and its volumes, not the files that its runtime mounts', async () => {
    const machine = await fakeMachine();
    await mkdir(join(machine.root, 'var/lib/app data'), { recursive: true });
    await mkdir(join(machine.root, 'etc'));
    await writeFile(join(machine.root, 'etc/hosts'), '');
    await machine.mounts(
      '0:50 / / rw - overlay overlay rw',
      '8:1 /docker/containers/x/hosts /etc/hosts rw - ext4 /dev/sda1 rw',
      '8:1 /volumes/data /var/lib/app\\040data rw - ext4 /dev/sda1 rw',
    );
    const { gauges } = await readLocalMachine({ root: machine.root });
    const disks = [...gauges.keys()].filter((metric) => metric.startsWith('disk_percent'));
    expect(disks.sort()).toEqual(['disk_percent:/', 'disk_percent:/var/lib/app data']);
  });
});

describe('a disk that nobody can write to', () => {
  const read = async (...lines: string[]) => {
    const machine = await fakeMachine();
    for (const folder of ['copy', 'data', 'broken\nname']) await mkdir(join(machine.root, folder));
    await machine.mounts(...lines);
    return readLocalMachine({ root: machine.root });
  };
  const disks = (metrics: Iterable<string>) =>
    [...metrics].filter((metric) => metric.startsWith('disk_percent')).sort();

  test('is known by its mount, or by its file system', async () => {
    const { gauges, readOnly } = await read(
      '8:1 / /copy ro,relatime - ext4 /dev/sda1 rw',
      '8:2 / /data rw - xfs /dev/sdb1 ro,noquota',
      '8:3 / / rw,noatime - ext4 /dev/sdc1 rw,errors=remount-ro',
    );
    const found = ['disk_percent:/', 'disk_percent:/copy', 'disk_percent:/data'];
    expect(disks(gauges.keys())).toEqual(found);
    expect(disks(readOnly)).toEqual(found.slice(1));
  });

  test('in one place, and elsewhere can, is a disk like any other', async () => {
    const { gauges, readOnly } = await read(
      '8:1 / / ro - ext4 /dev/sda1 rw',
      '8:1 /data /data rw - ext4 /dev/sda1 rw',
    );
    expect(disks(gauges.keys())).toEqual(['disk_percent:/data']);
    expect(disks(readOnly)).toEqual([]);
  });

  test('has a name of one line, as every disk', async () => {
    const { gauges } = await read('8:1 / /broken\\012name rw - ext4 /dev/sda1 rw');
    expect(disks(gauges.keys())).toEqual(['disk_percent:/broken name']);
  });
});

test('a disk has as many files as df -i says; where they come as they are needed it says nothing', () => {
  expect(inodesPercent(1_000, 100)).toBe(90);
  expect(inodesPercent(0, 0)).toBeUndefined();
});

test('a disk is as full as df says: what is kept for root is neither used nor free', () => {
  expect(diskPercent(100, 20, 15)).toBeCloseTo(84.21, 2);
  expect(diskPercent(0, 0, 0)).toBeUndefined();
  expect(diskPercent(100, 0, 0)).toBe(100);
});

test('traffic is counted where it leaves the machine, not at bridges and in containers', () => {
  const real = ['eth0', 'ens3', 'enp0s31f6', 'wlan0', 'venet0'];
  const virtual = [
    'lo',
    'veth12ab',
    'docker0',
    'br-9f8e',
    'virbr0',
    'eth0.100',
    'wg0',
    'tun0',
    'cni0',
    'bond0',
  ];
  expect(real.filter(isRealInterface)).toEqual(real);
  expect(virtual.filter(isRealInterface)).toEqual([]);
});
