import { readdir, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join, sep } from 'node:path';

/** Accounts below it belong to services, those above to people. */
const FIRST_PERSON = 1_000;

/** Where people keep what is theirs. */
export async function homes(): Promise<string[]> {
  const below = async (folder: string) =>
    (await readdir(folder).catch(() => [])).map((name) => join(folder, name));
  return [ownHome(), '/root', ...(await below('/home')), ...(await below('/Users'))].filter(
    (path) => path !== '' && path !== sep,
  );
}

/** A user that the system does not know has none. */
function ownHome(): string {
  try {
    return homedir();
  } catch {
    return '';
  }
}

interface AccountHome {
  home: string;
  /** Not a person's. */
  service: boolean;
}

/** What the list of accounts calls their homes, which need not be there, nor be homes. */
export async function accountHomes(passwd: string): Promise<AccountHome[]> {
  const text = await readFile(passwd, 'utf8').catch(() => '');
  return text
    .split('\n')
    .map((line) => line.split(':'))
    .map(([, , uid = '', , , home = '']) => ({ home, service: Number(uid) < FIRST_PERSON }))
    .filter(({ home }) => isAbsolute(home));
}
