import { mkdir, realpath, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { NeverCleaned } from '../../../../src/tasks/maintenance/never-cleaned.js';
import { temporaryFolder } from '../../../support/folder.js';

/** Accounts with homes below a folder, by their ids. */
async function withAccounts(accounts: Record<string, number>) {
  const folder = await realpath(await temporaryFolder());
  const lines = Object.entries(accounts).map(
    ([home, id]) => `user:x:${id}:${id}:,,,:${home.startsWith('/') ? home : join(folder, home)}:/bin/sh`,
  );
  await writeFile(join(folder, 'passwd'), ['# accounts', '', 'broken', ...lines].join('\n'));
  const never = await NeverCleaned.find(join(folder, 'passwd'));
  return async (path: string) => {
    const whole = path.startsWith('/') ? path : join(folder, path);
    await mkdir(whole, { recursive: true });
    return never.reasonFor(whole, await stat(whole, { bigint: true }));
  };
}

it('a home is refused wherever the accounts say it lies, and so is what holds it', async () => {
  const folder = await realpath(await temporaryFolder());
  await mkdir(join(folder, 'data/alice/tmp'), { recursive: true });
  const reason = await withAccounts({ [join(folder, 'data/alice')]: 1000 });
  expect(await reason(join(folder, 'data/alice'))).toBe('home');
  expect(await reason(join(folder, 'data'))).toBe('home');
  expect(await reason(join(folder, 'data/alice/tmp'))).toBeUndefined();
  expect(await reason(join(folder, 'other'))).toBeUndefined();
});

it('nothing in the home of a service is cleaned', async () => {
  const folder = await realpath(await temporaryFolder());
  await mkdir(join(folder, 'postgresql/15/main'), { recursive: true });
  const reason = await withAccounts({ [join(folder, 'postgresql')]: 105 });
  expect(await reason(join(folder, 'postgresql'))).toBe('home');
  expect(await reason(join(folder, 'postgresql/15/main'))).toBe('home');
  expect(await reason(join(folder, 'postgresql-tmp'))).toBeUndefined();
});

it('the folders for temporary files stay allowed, whatever accounts call their home', async () => {
  const reason = await withAccounts({
    '/tmp': 104,
    '/var/tmp': 105,
    '/': 106,
    '/nonexistent': 65534,
    '/dev': 3,
  });
  // Where this project itself lies in one of them, that one is not.
  const others = ['/tmp', '/var/tmp', '/dev/shm'].filter((path) => !process.cwd().startsWith(`${path}/`));
  for (const path of others) expect(await reason(path)).toBeUndefined();
  expect(await reason('/')).toBe('root');
});

it('of the service’s own folder only what is temporary may be cleaned', async () => {
  const never = await NeverCleaned.find();
  const reason = (path: string) => never.reasonFor(join(process.cwd(), path), { dev: -1n, ino: -1n });
  for (const path of ['docs', 'scripts', '.github/workflows', 'src/tasks', '.data', '.data/postgres'])
    expect(reason(path), path).toBe('project');
  for (const path of ['tmp', '.data/tmp', '.data/tmp/uploads']) expect(reason(path), path).toBeUndefined();
});
