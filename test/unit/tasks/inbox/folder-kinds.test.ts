import { describe, expect, test } from 'vitest';
import { foldersToSync, type ListedFolder } from '../../../../src/tasks/inbox/folder-kinds.js';

const folder = (path: string, specialUse?: string, flags: string[] = []): ListedFolder => ({
  path,
  delimiter: '/',
  flags: new Set(flags),
  ...(specialUse && { specialUse, specialUseSource: 'extension' }),
});

const kept = (...folders: ListedFolder[]): string[] => foldersToSync(folders).map(({ path }) => path);

describe('the folders to synchronise', () => {
  test('start with INBOX, then what was sent, then the others by name', () => {
    expect(
      kept(folder('Zoo'), folder('Archive', '\\Archive'), folder('Envoyés', '\\Sent'), folder('INBOX')),
    ).toEqual(['INBOX', 'Envoyés', 'Archive', 'Zoo']);
  });

  test('leave out what the server calls Trash, Junk, Drafts or All, whatever their names', () => {
    const listed = [
      folder('A', '\\Trash'),
      folder('B', '\\Junk'),
      folder('C', '\\Drafts'),
      folder('D', '\\All'),
    ];
    expect(kept(folder('INBOX'), ...listed)).toEqual(['INBOX']);
  });

  test.each([
    ...[
      'Trash',
      'Deleted Items',
      'Deleted Messages',
      'Corbeille',
      'Éléments supprimés',
      'Elements supprimes',
    ],
    ...['Junk', 'Junk E-mail', 'Spam', 'Indésirables', 'Courrier indésirable', 'Pourriel'],
    ...['Drafts', 'Brouillons', 'All Mail', 'Tous les messages'],
    ...[
      'INBOX/Trash',
      'INBOX/Brouillons',
      '[Gmail]/Spam',
      '[Gmail]/Corbeille',
      'E\u0301le\u0301ments supprime\u0301s',
    ],
  ])('leave out %s where the server does not say what it is for', (path) => {
    expect(kept(folder('INBOX'), folder(path))).toEqual(['INBOX']);
  });

  test('keep a folder with such a name where the server says that another one is for it', () => {
    expect(kept(folder('Bin', '\\Trash'), folder('Corbeille'))).toEqual(['Corbeille']);
  });

  test('keep a customer’s folder of that name', () => {
    expect(kept(folder('Clients/Spam'), folder('Clients'))).toEqual(['Clients', 'Clients/Spam']);
  });

  test('leave out what lies below a waste bin', () => {
    expect(kept(folder('Trash', '\\Trash'), folder('Trash/2024'), folder('Trashy'))).toEqual(['Trashy']);
  });

  test('leave out Gmail’s views of mails that lie elsewhere', () => {
    expect(kept(folder('[Gmail]/Starred', '\\Flagged'), folder('[Gmail]/Important', '\\Important'))).toEqual(
      [],
    );
  });

  test('leave out names that hold no mails', () => {
    expect(
      kept(folder('Clients', undefined, ['\\Noselect']), folder('Gone', undefined, ['\\NonExistent'])),
    ).toEqual([]);
  });
});
