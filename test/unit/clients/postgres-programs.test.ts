import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createPostgresPrograms, parseVersion } from '../../../src/clients/postgres-programs.js';

test('the program of the server’s own major version is used although newer ones are there', async () => {
  const programs = createPostgresPrograms(await install('15.18', '16.4', '17.0'));
  expect(await programs.find('pg_dump', 16)).toMatchObject({ version: '16.4', major: 16 });
});

test('of one major version the newest is used, by number', async () => {
  const programs = createPostgresPrograms(await install('15.9', '15.18', '15.2'));
  expect((await programs.find('pg_dump', 15)).version).toBe('15.18');
});

test('without the server’s own major version the next newer one is used', async () => {
  const programs = createPostgresPrograms(await install('18.1', '17.2', '14.3'));
  expect((await programs.find('pg_dump', 15)).version).toBe('17.2');
});

test('a release goes before its betas, which do when they are all there is', async () => {
  const folders = await install('18beta1', '18.0');
  expect((await createPostgresPrograms(folders).find('pg_dump', 18)).version).toBe('18.0');
  const beta = createPostgresPrograms(folders.slice(0, 1));
  expect(await beta.find('pg_dump', 18)).toMatchObject({ version: '18beta1', major: 18 });
});

test('an older program never dumps a newer server: the package to install is named, and what was found', async () => {
  const [folder = ''] = await install('15.18');
  const finding = createPostgresPrograms([folder]).find('pg_dump', 17);
  await expect(finding).rejects.toMatchObject({ code: 'not_configured' });
  await expect(finding).rejects.toThrow(
    `No pg_dump for PostgreSQL 17: install the package postgresql-client-17 (found: 15.18 (${folder}/pg_dump))`,
  );
});

test('nothing installed is known without running anything', async () => {
  const programs = createPostgresPrograms(['/nowhere']);
  expect(programs.has('pg_dump')).toBe(false);
  await expect(programs.find('pg_dump', 15)).rejects.toThrow('(found: none)');
});

test('what cannot be executed, does not run, or is Debian’s wrapper is left out', async () => {
  const [broken = '', plain = '', wrapped = ''] = await install('1', '15.1', '15.2');
  await writeFile(join(broken, 'pg_dump'), '#!/bin/sh\nexit 127\n');
  await chmod(join(plain, 'pg_dump'), 0o644);
  await writeFile(join(wrapped, 'pg_wrapper'), '#!/bin/sh\necho "pg_dump (PostgreSQL) 15.2"\n', {
    mode: 0o755,
  });
  await rm(join(wrapped, 'pg_dump'));
  await symlink('pg_wrapper', join(wrapped, 'pg_dump'));
  const programs = createPostgresPrograms([broken, plain, wrapped]);
  await expect(programs.find('pg_dump', 15)).rejects.toThrow('(found: none)');
  expect(createPostgresPrograms([plain, wrapped]).has('pg_dump')).toBe(false);
});

test.each([
  ['pg_dump (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)', '15.18', 15],
  ['psql (PostgreSQL) 18beta1', '18beta1', 18],
  ['pg_dump (PostgreSQL) 9.6.24', '9.6.24', 9],
  ['pg_dump (PostgreSQL) 17.2\n', '17.2', 17],
  ['pg_dump (PostgreSQL) 19devel', '19devel', 19],
])('%s is read', (text, version, major) => {
  expect(parseVersion(text)).toEqual({ version, major });
});

/** A folder with a pg_dump for each version. */
async function install(...versions: string[]): Promise<string[]> {
  const root = await mkdtemp(join(tmpdir(), 'cronhook-'));
  onTestFinished(() => rm(root, { recursive: true }));
  return Promise.all(
    versions.map(async (version) => {
      const folder = join(root, version);
      await mkdir(folder);
      const script = `#!/bin/sh\necho "pg_dump (PostgreSQL) ${version} (Debian ${version})"\n`;
      await writeFile(join(folder, 'pg_dump'), script, { mode: 0o755 });
      return folder;
    }),
  );
}
