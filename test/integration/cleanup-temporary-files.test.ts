import { execFileSync } from 'node:child_process';
import {
  chmod,
  link,
  lstat,
  mkdir,
  readdir,
  rename,
  rm,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { createServer } from 'node:net';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '../support/folder.js';
import { read, startTestService } from '../support/service.js';

const NOW = new Date('2026-11-21T02:00:00.000Z');
const DAY_MS = 86_400_000;
const OLD = new Date(NOW.getTime() - 7 * DAY_MS - 1_000);
const YOUNG = new Date(NOW.getTime() - 7 * DAY_MS + 1_000);

async function startCleanup(...paths: string[]) {
  const service = await startTestService({
    now: () => NOW,
    env: { TASKS: 'cleanup-temporary', ...(paths.length > 0 && { TEMP_PATHS: paths.join(',') }) },
  });
  return (query = '') => read(service.call(`/maintenance/cleanup-temporary-data?wait=300${query}`));
}

async function file(path: string, { bytes = 100, at = OLD } = {}): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, 'x'.repeat(bytes));
  await utimes(path, at, at);
  return path;
}

const isThere = (path: string) =>
  lstat(path).then(
    () => true,
    () => false,
  );

describe('cleanup-temporary: files', () => {
  it('removes files older than 7 days, however deep, keeps every folder, and says how many bytes are free', async () => {
    const [one, other] = [await temporaryFolder(), await temporaryFolder()];
    await file(join(one, 'old.csv'), { bytes: 1_000 });
    await file(join(one, 'a/b/c/d/old.pdf'), { bytes: 5_000 });
    await file(join(one, 'a/young.pdf'), { at: YOUNG });
    await file(join(other, 'with a space/old'), { bytes: 30 });
    await file(join(other, '.hidden'), { bytes: 4 });
    const clean = await startCleanup(one, other);
    expect(await clean('&dryRun=true')).toMatchObject({ stats: { files: 4, bytesFreed: 6_034 } });
    expect(await clean()).toMatchObject({
      status: 'succeeded',
      errors: [],
      stats: { files: 4, bytesFreed: 6_034, remaining: 0 },
    });
    expect((await readdir(one, { recursive: true })).sort()).toEqual([
      'a',
      'a/b',
      'a/b/c',
      'a/b/c/d',
      'a/young.pdf',
    ]);
    expect(await readdir(other, { recursive: true })).toEqual(['with a space']);
    expect((await clean()).stats).toMatchObject({ files: 0, bytesFreed: 0 });
  });

  it('never follows a link: an old one goes, what it leads to stays', async () => {
    const [folder, outside] = [await temporaryFolder(), await temporaryFolder()];
    const precious = await file(join(outside, 'precious'));
    const target = (await lstat(precious)).mtime;
    for (const [name, to] of [
      ['to-folder', outside],
      ['to-file', precious],
      ['to-root', '/'],
      ['up', '..'],
      ['broken', '/nowhere'],
      ['itself', 'itself'],
    ] as const) {
      await symlink(to, join(folder, name));
      execFileSync('touch', ['-h', '-d', OLD.toISOString(), join(folder, name)]);
    }
    await symlink(outside, join(folder, 'young-link'));
    execFileSync('touch', ['-h', '-d', YOUNG.toISOString(), join(folder, 'young-link')]);
    const clean = await startCleanup(folder);
    expect(await clean()).toMatchObject({ status: 'succeeded', stats: { files: 6, bytesFreed: 0 } });
    expect(await readdir(folder)).toEqual(['young-link']);
    expect((await lstat(precious)).mtime).toEqual(target);
  });

  it('a folder swapped for a link while it is swept leads nowhere', async () => {
    const [folder, outside] = [await temporaryFolder(), await temporaryFolder()];
    for (let n = 0; n < 200; n++) await file(join(outside, `precious-${n}`));
    for (let n = 0; n < 300; n++) await file(join(folder, 'sub', `old-${n}`));
    let swapping = true;
    const swap = (async () => {
      while (swapping) {
        await rename(join(folder, 'sub'), join(folder, 'moved')).catch(() => {});
        await symlink(outside, join(folder, 'sub')).catch(() => {});
        await sleep(0);
        await rm(join(folder, 'sub'), { force: true }).catch(() => {});
        await rename(join(folder, 'moved'), join(folder, 'sub')).catch(() => {});
      }
    })();
    const clean = await startCleanup(folder);
    for (let calls = 0; calls < 15; calls++) expect((await clean()).success).toBe(true);
    swapping = false;
    await swap;
    expect(await readdir(outside)).toHaveLength(200);
  });

  it('leaves sockets, pipes and what has another name alone, and frees no byte twice', async () => {
    const folder = await temporaryFolder();
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    execFileSync('touch', ['-d', OLD.toISOString(), join(folder, 'pipe')]);
    const server = createServer().listen(join(folder, 'socket'));
    onTestFinished(() => void server.close());
    await sleep(50);
    await utimes(join(folder, 'socket'), OLD, OLD);
    await file(join(folder, 'one'), { bytes: 500 });
    await link(join(folder, 'one'), join(folder, 'two'));
    const clean = await startCleanup(folder);
    expect(await clean()).toMatchObject({ status: 'succeeded', stats: { files: 2, bytesFreed: 500 } });
    expect((await readdir(folder)).sort()).toEqual(['pipe', 'socket']);
  });

  it('names of any bytes are no obstacle', async () => {
    const folder = await temporaryFolder();
    const names = ['line\nbreak', '-rf', '*', ' ', '"$(id)"', 'é'.repeat(120), '\u202Egpj'];
    for (const name of names) await file(join(folder, name));
    const bytes = Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0xff, 0xfe, 0x80])]);
    await writeFile(bytes, 'x');
    await utimes(bytes, OLD, OLD);
    const below = Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0xe9])]);
    await mkdir(below);
    await writeFile(Buffer.concat([below, Buffer.from('/old')]), 'x');
    await utimes(Buffer.concat([below, Buffer.from('/old')]), OLD, OLD);
    const clean = await startCleanup(folder);
    expect(await clean()).toMatchObject({ status: 'succeeded', stats: { files: names.length + 2 } });
  });

  it('takes ten thousand files in one folder, and folders within folders', async () => {
    const folder = await temporaryFolder();
    execFileSync('sh', ['-c', `cd "$1" && seq 10000 | xargs touch -d "$2"`, 'sh', folder, OLD.toISOString()]);
    const deep = join(folder, ...Array.from({ length: 150 }, () => 'd'));
    await file(join(deep, 'too-deep'));
    await file(join(folder, ...Array.from({ length: 90 }, () => 'd'), 'old'));
    const clean = await startCleanup(folder);
    const answer = await clean();
    expect(answer).toMatchObject({ status: 'partial', stats: { files: 10_001, failed: 1 } });
    expect(answer.errors[0]?.message).toContain('Plus de 100 dossiers');
    expect(await isThere(join(deep, 'too-deep'))).toBe(true);
  }, 240_000);

  it('what cannot be removed is named once for its folder, and the rest goes', async () => {
    const folder = await temporaryFolder();
    await file(join(folder, 'old'));
    for (let n = 0; n < 5; n++) await file(join(folder, 'fixed', `old-${n}`));
    const attribute = (flag: string) =>
      execFileSync('chattr', [flag, join(folder, 'fixed')], { stdio: 'pipe' });
    const asUser = process.getuid?.() !== 0;
    if (asUser) await chmod(join(folder, 'fixed'), 0o555);
    else
      try {
        attribute('+a');
      } catch {
        return; // A file system without attributes: nothing stops root there.
      }
    onTestFinished(() => (asUser ? chmod(join(folder, 'fixed'), 0o755) : attribute('-a')) as Promise<void>);
    const answer = await (await startCleanup(folder))();
    expect(answer).toMatchObject({
      status: 'partial',
      errors: [{ item: join(folder, 'fixed') }],
      stats: { files: 1, failed: 1 },
    });
    expect(answer.errors[0]?.message).toMatch(
      /^5 fichiers n’ont pas pu être supprimés ici \(E(PERM|ACCES)\)/,
    );
  });

  it('refuses the root, homes, the project, the system and what holds them, by whatever name', async () => {
    const folder = await temporaryFolder();
    const project = process.cwd();
    const links = { root: '/', home: homedir(), project } as const;
    for (const [name, to] of Object.entries(links)) await symlink(to, join(folder, name));
    const young = { at: new Date(NOW.getTime() + 1) };
    await file(join(folder, 'fine/young'), young);
    const refused = [
      '/',
      '//',
      '/tmp/..',
      homedir(),
      project,
      // A checkout in /tmp is passed over there, and /tmp is what it is.
      ...[dirname(project)].filter((path) => !['/tmp', '/var/tmp', '/dev/shm'].includes(path)),
      join(project, 'node_modules'),
      join(project, 'src/tasks'),
      join(project, 'docs'),
      join(project, 'scripts'),
      '/etc',
      '/usr',
      '/var',
      ...Object.keys(links).map((name) => join(folder, name)),
      join(folder, 'root/etc'),
    ];
    const other = ['tmp', './tmp', '../tmp', join(folder, 'nowhere'), join(folder, 'fine/young')];
    const clean = await startCleanup(...refused, ...other, join(folder, 'fine'));
    // Dry: whoever breaks the rule must not lose their machine by testing it.
    const answer = await clean('&dryRun=true');
    expect(answer).toMatchObject({ status: 'partial', stats: { files: 0 } });
    expect(answer.stats.failed).toBe(refused.length + other.length);
    expect(answer.errors.length).toBeGreaterThan(0);
    for (const { item, message } of answer.errors)
      expect(message, item).toMatch(/jamais|absolu|n’existe pas|pas un dossier/);
  });

  it('what is mounted in a folder stays, from the same disk too', async ({ skip }) => {
    const [folder, outside] = [await temporaryFolder(), await temporaryFolder()];
    await file(join(outside, 'precious'));
    await file(join(folder, 'old'));
    for (const name of ['mounted', 'with a space']) {
      const at = join(folder, 'deep', name);
      await mkdir(at, { recursive: true });
      try {
        execFileSync('mount', ['--bind', outside, at], { stdio: 'pipe' });
      } catch {
        return skip('mounting takes rights that this machine does not give');
      }
      onTestFinished(() => void execFileSync('umount', [at]));
    }
    const clean = await startCleanup(folder);
    expect(await clean()).toMatchObject({ status: 'succeeded', stats: { files: 1 } });
    expect(await isThere(join(outside, 'precious'))).toBe(true);
  });

  it('a folder within another of the list has its turn once', async () => {
    const folder = await temporaryFolder();
    await file(join(folder, 'one'));
    await file(join(folder, 'a/two'));
    await file(join(folder, 'a/b/three'));
    await symlink(join(folder, 'a'), join(folder, 'link'));
    const clean = await startCleanup(join(folder, 'a'), folder, join(folder, 'a/b'), join(folder, 'link'));
    for (const query of ['&dryRun=true', ''])
      expect((await clean(query)).stats).toMatchObject({ files: 3, bytesFreed: 300 });
  });

  it('a file with holes frees what it takes, not what it seems to', async () => {
    const folder = await temporaryFolder();
    await file(join(folder, 'sparse'), { bytes: 10 });
    await truncate(join(folder, 'sparse'), 1e11);
    await utimes(join(folder, 'sparse'), OLD, OLD);
    const { stats } = await (await startCleanup(folder))();
    expect(stats.files).toBe(1);
    expect(stats.bytesFreed).toBeLessThan(1_000_000);
  });

  it('a link to a folder that may be swept is as good as the folder', async () => {
    const [folder, links] = [await temporaryFolder(), await temporaryFolder()];
    await file(join(folder, 'old'));
    await symlink(folder, join(links, 'tmp'));
    const clean = await startCleanup(join(links, 'tmp'));
    expect(await clean()).toMatchObject({ status: 'succeeded', stats: { files: 1 } });
    expect(await isThere(join(links, 'tmp'))).toBe(true);
  });

  it('without TEMP_PATHS touches no file', async () => {
    expect(await (await startCleanup())()).toMatchObject({ status: 'succeeded', stats: { files: 0 } });
  });
});
