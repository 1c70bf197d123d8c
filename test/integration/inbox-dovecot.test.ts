import { chmodSync, chownSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DOVECOT_PACKAGE, type Dovecot, dovecotAvailable, startDovecot } from '../support/dovecot.js';
import { startProxy } from '../support/imap-faults.js';
import { asClient, mail, PASSWORD, startInboxService, subjects } from '../support/imap-inbox.js';
import { type CorpusMail, generateMails, largeMail } from '../support/mail-corpus.js';

const missing = dovecotAvailable() ? '' : ` (skipped: install the package ${DOVECOT_PACKAGE})`;

/** Subjects are cut, and where Dovecot sends 0x80 for a NUL it is read as windows-1252, as all wrong ASCII is. */
function asStored(kind: string, expected: CorpusMail['expected']): CorpusMail['expected'] {
  if (kind === 'long-subject')
    return { ...expected, subject: expected.subject?.slice(0, 2_000).trimEnd() ?? null };
  if (kind === 'nul-byte') return { ...expected, text: expected.text?.replaceAll('\ufffd', '€') ?? null };
  return expected;
}

let users = 0;

/** A new user of the server, whose connection passes through a proxy, and the service that synchronises it. */
async function startUser(dovecot: Dovecot, folders: Record<string, Buffer[]>, now?: () => Date) {
  const user = `user${users++}`;
  dovecot.addUser(user, PASSWORD);
  for (const [folder, mails] of Object.entries(folders)) dovecot.deliver(user, folder, mails);
  const timeouts = { connectMs: 3_000, loginMs: 3_000, idleMs: 2_500 };
  const service = await startInboxService({ timeouts, ...(now && { now }) });
  const proxy = await startProxy(dovecot.port);
  await service.add({ port: proxy.port, username: user });
  const account = { user, pass: PASSWORD };
  return {
    ...service,
    user,
    proxy,
    maildir: join(dovecot.dir, 'mail', user, 'Maildir'),
    deliver: (folder: string, ...mails: Buffer[]) => dovecot.deliver(user, folder, mails),
    client: <Result>(work: Parameters<typeof asClient<Result>>[1]) => asClient(dovecot, work, account),
    inFolder: <Result>(path: string, work: Parameters<typeof asClient<Result>>[1]) =>
      asClient(
        dovecot,
        async (client) => {
          await client.mailboxOpen(path);
          return work(client);
        },
        account,
      ),
    /** A sync that must succeed; returns its statistics. */
    async synced() {
      const answer = await service.sync();
      expect(answer.errors).toEqual([]);
      expect(answer.status).toBe('succeeded');
      return answer.stats;
    },
  };
}

const named = (...names: string[]) => names.map((subject) => mail({ subject }));
const many = (count: number, prefix = 'n') =>
  Array.from({ length: count }, (_, index) => mail({ subject: `${prefix}${index + 1}` }));
const NOTHING = { messagesAdded: 0, flagsUpdated: 0, messagesDeleted: 0 };

/** Removes what Dovecot notes about its mails, as a broken disk or a move to another server does. */
function forget(maildir: string, files: RegExp) {
  for (const name of readdirSync(maildir, { recursive: true }) as string[])
    if (files.test(name)) rmSync(join(maildir, name), { recursive: true, force: true });
}

describe.skipIf(missing)(`a mailbox on Dovecot${missing}`, () => {
  let dovecot: Dovecot;
  beforeAll(async () => {
    dovecot = await startDovecot();
  });
  afterAll(() => dovecot?.close());

  test('is read as its senders wrote it, in every charset, encoding and structure', async () => {
    const corpus = [...generateMails(400, 7)];
    const user = await startUser(dovecot, { INBOX: corpus.map(({ raw }) => raw) });
    expect((await user.synced()).messagesAdded).toBe(corpus.length);
    const stored = await user.mails();
    const found = stored.map((row) => ({
      subject: row.subject,
      text: row.text_body?.replace(/\n$/, '') || null,
      html: row.html_body?.replace(/\n$/, '') || null,
      from: row.from_address,
      messageId: row.message_id,
      attachments: row.attachments.map(({ name, type }) => ({ name, type })),
    }));
    const differing = corpus.flatMap(({ kind, expected }, index) =>
      JSON.stringify(asStored(kind, expected)) === JSON.stringify(found[index])
        ? []
        : [{ kind, expected, found: found[index] }],
    );
    expect(differing).toEqual([]);
  });

  test('is not opened when nothing has changed', async () => {
    const user = await startUser(dovecot, { INBOX: named('Un'), Clients: named('Deux') });
    await user.synced();
    user.proxy.reset();
    expect(await user.synced()).toMatchObject({ ...NOTHING, foldersScanned: 4 });
    expect(user.proxy.count(/^(SELECT|EXAMINE|UID|FETCH|STATUS)/)).toBe(0);
    expect(user.proxy.commands.length).toBeLessThan(10);
  });

  test('keeps the rows of a folder that was renamed, and of those below it', async () => {
    const user = await startUser(dovecot, {
      Clients: named('Un', 'Deux'),
      'Clients/Été': named('Trois'),
    });
    await user.synced();
    const before = await user.mails();
    await user.client((client) => client.mailboxRename('Clients', 'Anciens clients'));
    expect(await user.synced()).toMatchObject(NOTHING);
    const after = await user.mails();
    expect(after.map(({ id, deleted_at }) => [id, deleted_at])).toEqual(before.map(({ id }) => [id, null]));
    expect([...new Set(after.map(({ path }) => path))]).toEqual(['Anciens clients', 'Anciens clients/Été']);
  });

  test('keeps the rows of two folders that swapped their names', async () => {
    const user = await startUser(dovecot, { Un: named('a', 'b'), Deux: named('c') });
    await user.synced();
    const before = await user.mails();
    await user.client(async (client) => {
      await client.mailboxRename('Un', 'Tiers');
      await client.mailboxRename('Deux', 'Un');
      await client.mailboxRename('Tiers', 'Deux');
    });
    expect(await user.synced()).toMatchObject(NOTHING);
    const after = await user.mails();
    const ids = (mails: typeof before) => mails.map(({ id, subject }) => `${id} ${subject}`).sort();
    expect(ids(after)).toEqual(ids(before));
    expect(after.map(({ path, subject }) => `${path} ${subject}`)).toEqual(['Deux a', 'Deux b', 'Un c']);
  });

  test('keeps the rows of a folder that took the name of a deleted one', async () => {
    const user = await startUser(dovecot, { Un: named('a'), Deux: named('b') });
    await user.synced();
    const kept = (await user.mails()).find(({ subject }) => subject === 'a');
    await user.client(async (client) => {
      await client.mailboxDelete('Deux');
      await client.mailboxRename('Un', 'Deux');
    });
    expect(await user.synced()).toMatchObject({ messagesAdded: 0, messagesDeleted: 1 });
    const live = (await user.mails()).filter(({ deleted_at }) => deleted_at === null);
    expect(live.map(({ id, path }) => [id, path])).toEqual([[kept?.id, 'Deux']]);
    expect(await user.synced()).toMatchObject(NOTHING);
  });

  test('marks the mails of a deleted folder, and knows them again when the folder comes back', async () => {
    const user = await startUser(dovecot, { Clients: named('Un', 'Deux') });
    await user.synced();
    const before = await user.mails();
    // Into the waste bin and back: the numbers stay.
    await user.client((client) => client.mailboxRename('Clients', 'Trash/Clients'));
    expect((await user.synced()).messagesDeleted).toBe(2);
    expect(subjects(await user.mails())).toEqual([]);
    await user.client((client) => client.mailboxRename('Trash/Clients', 'Clients'));
    await user.synced();
    const after = await user.mails();
    expect(after.map(({ id, thread_id, deleted_at }) => [id, thread_id, deleted_at])).toEqual(
      before.map(({ id, thread_id }) => [id, thread_id, null]),
    );
  });

  test('tells a folder that was deleted and made anew from the old one', async () => {
    const user = await startUser(dovecot, { Clients: named('Ancien') });
    await user.synced();
    await user.client(async (client) => {
      await client.mailboxDelete('Clients');
      await client.mailboxCreate('Clients');
      await client.append('Clients', mail({ subject: 'Nouveau' }));
    });
    expect(await user.synced()).toMatchObject({ messagesAdded: 1, messagesDeleted: 1 });
    expect(subjects(await user.mails())).toEqual(['Nouveau']);
    expect(await user.mails()).toHaveLength(2);
  });

  test('keeps every row when the server numbers the mails anew, even of identical mails', async () => {
    const twin = mail({ id: '<jumeau@example.com>', subject: 'Jumeau' });
    const anonymous = mail({ id: null, subject: 'Sans id' });
    const root = mail({ id: '<racine@example.com>', subject: 'Racine' });
    const answer = mail({ subject: 'Réponse', inReplyTo: '<racine@example.com>' });
    const others = many(600);
    const user = await startUser(dovecot, {
      INBOX: [twin, root, anonymous, ...others, twin, answer, anonymous, twin, ...named('Part')],
    });
    await user.synced();
    await user.inFolder('INBOX', (client) => client.messageDelete('609', { uid: true }));
    await user.synced();
    const before = await user.mails();
    await dovecot.stop();
    forget(user.maildir, /^dovecot(\.|-)/);
    await dovecot.start();
    await user.inFolder('INBOX', (client) => client.messageDelete('605', { uid: true }));
    user.deliver('INBOX', ...named('Arrive'));
    const stats = await user.synced();
    expect(stats).toMatchObject({ messagesAdded: 1 });
    const after = await user.mails();
    expect(after[10]?.uid_validity).not.toBe(before[10]?.uid_validity);
    const live = (mails: typeof before) => mails.filter(({ deleted_at }) => deleted_at === null);
    expect(after).toHaveLength(before.length + 1);
    expect(live(after)).toHaveLength(live(before).length);
    const threads = new Map(before.map(({ id, thread_id, subject }) => [id, `${thread_id} ${subject}`]));
    for (const { id, thread_id, subject } of after)
      if (threads.has(id)) expect(`${thread_id} ${subject}`).toBe(threads.get(id));
    expect(subjects(after).filter((subject) => subject === 'Jumeau')).toHaveLength(3);
    expect(subjects(after)).not.toContain('Réponse');
    expect(subjects(after)).toContain('Arrive');
    expect(await user.synced()).toMatchObject(NOTHING);
  });

  test('loses its removed mails though the server has lost its record of changes', async () => {
    const user = await startUser(dovecot, { INBOX: many(30) });
    await user.inFolder('INBOX', async (client) => {
      for (let uid = 1; uid <= 5; uid++) await client.messageFlagsAdd(`${uid}`, ['\\Seen'], { uid: true });
    });
    await user.synced();
    await user.inFolder('INBOX', async (client) => {
      await client.messageDelete('7,8', { uid: true });
      await client.messageFlagsAdd('20', ['\\Flagged'], { uid: true });
    });
    await dovecot.stop();
    forget(user.maildir, /^dovecot\.(list\.)?index/);
    await dovecot.start();
    expect(await user.synced()).toMatchObject({ messagesAdded: 0, messagesDeleted: 2, flagsUpdated: 1 });
    const mails = await user.mails();
    expect(mails.filter(({ deleted_at }) => deleted_at !== null).map(({ uid }) => uid)).toEqual([7, 8]);
    expect(await user.synced()).toMatchObject(NOTHING);
  });

  test('is counted once a day, should the record of changes start anew at the number that was known', async () => {
    let now = new Date();
    const user = await startUser(dovecot, { INBOX: many(30) }, () => now);
    await user.synced();
    await dovecot.stop();
    forget(user.maildir, /^dovecot\.(list\.)?index/);
    const [first = '', second = ''] = readdirSync(join(user.maildir, 'cur')).sort();
    for (const name of [first, second]) rmSync(join(user.maildir, 'cur', name));
    await dovecot.start();
    expect(await user.synced()).toMatchObject({ messagesAdded: 0 });
    now = new Date(now.getTime() + 25 * 3_600_000);
    await user.synced();
    const mails = await user.mails();
    expect(mails.filter(({ deleted_at }) => deleted_at !== null).map(({ uid }) => uid)).toEqual([1, 2]);
    user.proxy.reset();
    expect(await user.synced()).toMatchObject(NOTHING);
    expect(user.proxy.count(/^(SELECT|EXAMINE)/)).toBe(0);
  });

  test('has no flag stored that speaks of the session only', async () => {
    const user = await startUser(dovecot, { INBOX: named('Un') });
    await user.client((client) => client.append('INBOX', mail({ subject: 'Deux' }), ['\\Seen']));
    await user.synced();
    expect((await user.mails()).map(({ flags }) => flags)).toEqual([[], ['\\Seen']]);
  });

  test('is fetched newest first, and new mail before what is left of a first sync', async () => {
    const user = await startUser(dovecot, { INBOX: many(1_300) });
    let fetches = 0;
    user.proxy.options = {
      onCommand: (command) => {
        if (/BODYSTRUCTURE/.test(command) && ++fetches === 3) user.proxy.dropAll();
      },
    };
    expect((await user.sync()).status).toBe('partial');
    const stored = await user.mails();
    expect(stored.length).toBeGreaterThanOrEqual(500);
    expect(stored.length).toBeLessThan(1_300);
    const lowest = Math.min(...stored.map(({ uid }) => uid));
    expect(stored).toHaveLength(1_300 - lowest + 1);
    const inbox = (await user.folders()).find(({ path }) => path === 'INBOX');
    expect(Number(inbox?.backfill_uid)).toBe(lowest);
    user.deliver('INBOX', ...named('Arrivé entre-temps'));
    user.proxy.options = {};
    user.proxy.reset();
    await user.endBackOff();
    expect((await user.synced()).messagesAdded).toBe(1_301 - stored.length);
    const asked = user.proxy.commands.flatMap(
      (command) => /^UID FETCH (\S+) .*BODYSTRUCTURE/.exec(command)?.[1] ?? [],
    );
    expect(asked[0]).toBe('1301');
    const mails = await user.mails();
    expect(new Set(mails.map(({ uid }) => uid)).size).toBe(1_301);
    expect(mails).toHaveLength(1_301);
    expect((await user.folders()).map(({ backfill_uid }) => backfill_uid)).toEqual(
      (await user.folders()).map(() => null),
    );
  });

  test('is complete after the server was stopped in the middle of its first sync', async () => {
    const user = await startUser(dovecot, { INBOX: many(800) });
    let fetches = 0;
    let stopped: Promise<void> | undefined;
    user.proxy.options = {
      onCommand: (command) => {
        if (/BODYSTRUCTURE/.test(command) && ++fetches === 2) stopped = dovecot.kill();
      },
    };
    expect((await user.sync()).status).toBe('partial');
    user.proxy.options = {};
    await stopped;
    await user.endBackOff();
    const down = await user.sync();
    expect(down).toMatchObject({ status: 'partial', stats: { failed: 1 } });
    await dovecot.start();
    await user.endBackOff();
    await user.synced();
    expect(subjects(await user.mails())).toHaveLength(800);
    expect(await user.mails()).toHaveLength(800);
  });

  test('is complete after the server stood still in the middle of its first sync', async () => {
    const user = await startUser(dovecot, { INBOX: many(800) });
    let fetches = 0;
    user.proxy.options = {
      onCommand: (command) => {
        if (/BODYSTRUCTURE/.test(command) && ++fetches === 2) dovecot.pause();
      },
    };
    const paused = await user.sync();
    dovecot.resume();
    user.proxy.options = {};
    expect(paused).toMatchObject({ status: 'partial', stats: { failed: 1 } });
    await user.endBackOff();
    await user.synced();
    expect(await user.mails()).toHaveLength(800);
  });

  test('has no attachment fetched, however large', async () => {
    const user = await startUser(dovecot, { INBOX: [largeMail(50_000_000)] });
    await user.synced();
    expect(user.proxy.bytesReceived).toBeLessThan(20_000);
    const [stored] = await user.mails();
    expect(stored?.text_body).toContain('Un très gros mail.');
    expect(stored?.size_bytes).toBeGreaterThan(49_000_000);
    expect(stored?.attachments).toHaveLength(5);
    expect(stored?.attachments[0]).toMatchObject({ name: 'archive-1.bin', type: 'application/octet-stream' });
    expect(stored?.attachments[0]?.sizeBytes).toBeGreaterThan(5_000_000);
  });

  test('may have folders with any name', async () => {
    const names = [
      'Été à Nîmes',
      'R & D',
      'Dit "le Grand"',
      'a  b',
      '日本語/見積',
      "L'atelier",
      'x\\y',
      '100%*',
    ];
    const folders = names.map((name) => [name, named(name)]);
    const user = await startUser(dovecot, Object.fromEntries(folders));
    await user.synced();
    const mails = await user.mails();
    expect(subjects(mails)).toEqual([...names].sort());
    for (const { path, subject } of mails) expect(path).toBe(subject);
    expect(await user.synced()).toMatchObject(NOTHING);
  });

  test('with a folder that may not be read has the others synchronised, and loses none of its mails', async () => {
    const user = await startUser(dovecot, { INBOX: named('Un'), Clients: named('Deux') });
    await user.synced();
    const folder = join(user.maildir, '.Clients');
    if (process.getuid?.() === 0) chownSync(folder, 0, 0);
    chmodSync(folder, 0o000);
    user.deliver('INBOX', ...named('Trois'));
    const answer = await user.sync();
    expect(answer).toMatchObject({ status: 'partial', stats: { messagesAdded: 1, messagesDeleted: 0 } });
    expect(answer.errors[0]?.message).toContain('Clients');
    expect(subjects(await user.mails())).toEqual(['Deux', 'Trois', 'Un']);
    const [row] = await user.integrations();
    expect(row?.consecutive_failures).toBe(0);
  });

  test('has mails without Message-ID kept when a folder is renumbered', async () => {
    const user = await startUser(dovecot, {
      INBOX: [mail({ id: null, subject: 'x' }), mail({ id: null, subject: 'y' })],
    });
    await user.synced();
    const before = await user.mails();
    await user.db.rows(sql`update cronhook.inbox_folders set uid_validity = 5 where path = 'INBOX'`);
    await user.db.rows(sql`update cronhook.inbox_messages set uid_validity = 5, uid = uid + 10`);
    expect(await user.synced()).toMatchObject(NOTHING);
    expect((await user.mails()).map(({ id }) => id)).toEqual(before.map(({ id }) => id));
  });
});

describe.each([
  ['with QRESYNC', {}],
  ['with CONDSTORE but not QRESYNC', { qresync: false }],
  ['without CONDSTORE', { condstore: false }],
])(`a server %s${missing}`, (_title, options) => {
  let dovecot: Dovecot;
  beforeAll(async () => {
    if (!missing) dovecot = await startDovecot(options);
  });
  afterAll(() => dovecot?.close());

  test.skipIf(missing)('gives the same flags, removals and new mails', async () => {
    const user = await startUser(dovecot, { INBOX: many(50), Clients: many(5, 'c') });
    expect((await user.synced()).messagesAdded).toBe(55);
    await user.inFolder('INBOX', async (client) => {
      await client.messageFlagsAdd('1:3', ['\\Seen', 'Facture'], {
        uid: true,
      });
      await client.messageDelete('10,50', { uid: true });
    });
    user.deliver('INBOX', ...named('Nouveau'));
    expect(await user.synced()).toMatchObject({ messagesAdded: 1, flagsUpdated: 3, messagesDeleted: 2 });
    // As many as before, but not the same.
    await user.inFolder('INBOX', async (client) => {
      await client.messageDelete('11', { uid: true });
      await client.messageFlagsRemove('1', ['\\Seen'], { uid: true });
    });
    user.deliver('INBOX', ...named('Encore'));
    expect(await user.synced()).toMatchObject({ messagesAdded: 1, flagsUpdated: 1, messagesDeleted: 1 });
    expect(await user.synced()).toMatchObject(NOTHING);
    const mails = await user.mails();
    const gone = mails.filter(({ deleted_at }) => deleted_at !== null);
    expect(gone.map(({ uid }) => uid)).toEqual([10, 11, 50]);
    expect(mails.find(({ path, uid }) => path === 'INBOX' && uid === 2)?.flags).toContain('\\Seen');
    expect(mails.find(({ path, uid }) => path === 'INBOX' && uid === 1)?.flags).not.toContain('\\Seen');
  });

  test.skipIf(missing)('gives a removal alone', async () => {
    const user = await startUser(dovecot, { INBOX: many(5) });
    await user.synced();
    await user.inFolder('INBOX', (client) => client.messageDelete('5', { uid: true }));
    expect(await user.synced()).toMatchObject({ messagesAdded: 0, messagesDeleted: 1, flagsUpdated: 0 });
  });
});
