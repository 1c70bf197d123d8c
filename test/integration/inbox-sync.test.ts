import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { inboxSync } from '../../src/tasks/inbox/inbox-sync.js';
import { deadPort, startMuteServer, startProxy } from '../support/imap-faults.js';
import {
  inFolder,
  mail,
  PASSWORD,
  startInboxService,
  startMailboxes,
  subjects,
} from '../support/imap-inbox.js';

const inbox = (...mails: Buffer[]) => [{ path: 'INBOX', mails: mails.map((raw) => ({ raw })) }];
const SHORT = { connectMs: 700, loginMs: 700, idleMs: 1_200 };

async function synced(...mails: Buffer[]) {
  const server = await startMailboxes({ anna: inbox(...mails) });
  const service = await startInboxService();
  const id = await service.add({ port: server.port });
  const answer = await service.sync();
  expect(answer).toMatchObject({ status: 'succeeded', errors: [] });
  return { server, service, id, answer };
}

describe('a mailbox', () => {
  test('is there in full after its first sync', async () => {
    const { service, answer } = await synced(
      mail({ id: '<a@example.com>', subject: 'Un', body: 'Premier.' }),
      mail({ subject: 'Deux' }),
    );
    expect(answer.stats).toMatchObject({
      integrations: 1,
      failed: 0,
      foldersScanned: 1,
      messagesAdded: 2,
      flagsUpdated: 0,
      messagesDeleted: 0,
    });
    const [first] = await service.mails();
    expect(first).toMatchObject({
      message_id: '<a@example.com>',
      subject: 'Un',
      text_body: 'Premier.',
      from_address: 'zoe@example.com',
      from_name: 'Zoé Martin',
      path: 'INBOX',
      deleted_at: null,
    });
    expect(new Date(first?.sent_at ?? '')).toEqual(new Date('2026-11-21T08:30:00Z'));
  });

  test('without changes is left as it is by the next sync', async () => {
    const { service } = await synced(mail({}), mail({}));
    const before = await service.mails();
    expect((await service.sync()).stats).toMatchObject({
      messagesAdded: 0,
      flagsUpdated: 0,
      messagesDeleted: 0,
    });
    expect(await service.mails()).toEqual(before);
  });

  test('gets the mails that arrived since', async () => {
    const { service, server } = await synced(mail({ subject: 'Un' }));
    server.append('anna', 'INBOX', mail({ subject: 'Deux' }));
    expect((await service.sync()).stats.messagesAdded).toBe(1);
    expect(subjects(await service.mails())).toEqual(['Deux', 'Un']);
  });

  test('gets the flags that changed since', async () => {
    const { service, server } = await synced(mail({}), mail({}));
    await inFolder(server, 'INBOX', (client) =>
      client.messageFlagsAdd('2', ['\\Seen', '\\Flagged'], { uid: true }),
    );
    expect((await service.sync()).stats).toMatchObject({ flagsUpdated: 1, messagesAdded: 0 });
    expect((await service.mails()).map((stored) => stored.flags)).toEqual([[], ['\\Flagged', '\\Seen']]);
  });

  test('keeps a removed mail, with the time of its removal', async () => {
    const { service, server } = await synced(mail({ subject: 'Reste' }), mail({ subject: 'Part' }));
    await inFolder(server, 'INBOX', (client) => client.messageDelete('2', { uid: true }));
    expect((await service.sync()).stats.messagesDeleted).toBe(1);
    const mails = await service.mails();
    expect(mails).toHaveLength(2);
    expect(subjects(mails)).toEqual(['Reste']);
    expect((await service.sync()).stats.messagesDeleted).toBe(0);
  });

  test('has its waste bin, junk, drafts and all-mail folders left out, by use or by name', async () => {
    const folder = (path: string, specialUse?: string) => ({
      path,
      mails: [{ raw: mail({ subject: path }) }],
      ...(specialUse && { specialUse }),
    });
    const byUse = [folder('Ordures', '\\Trash'), folder('Pub', '\\Junk'), folder('Ébauches', '\\Drafts')];
    const server = await startMailboxes({
      anna: [
        ...inbox(mail({ subject: 'INBOX' })),
        ...byUse,
        folder('Tout', '\\All'),
        folder('Envoyés', '\\Sent'),
      ],
      bruno: ['Trash', 'Spam', 'Drafts', 'All Mail', 'Sent'].map((path) => folder(path)),
      chloe: ['Corbeille', 'Indésirables', 'Brouillons', 'Tous les messages', 'Clients/Corbeille'].map(
        (path) => folder(path),
      ),
    });
    const service = await startInboxService();
    for (const username of ['anna', 'bruno', 'chloe']) await service.add({ port: server.port, username });
    expect((await service.sync()).status).toBe('succeeded');
    expect(subjects(await service.mails())).toEqual(['Clients/Corbeille', 'Envoyés', 'INBOX', 'Sent']);
  });

  test('is not touched while it is disabled', async () => {
    const { service, server } = await synced(mail({}));
    await service.db.rows(sql`update cronhook.inbox_integrations set enabled = false`);
    server.append('anna', 'INBOX', mail({}));
    expect((await service.sync()).stats).toMatchObject({ integrations: 0, messagesAdded: 0 });
  });

  test('is not changed by a dry run, which says what a real one would fetch', async () => {
    const { service, server } = await synced(mail({}));
    server.append('anna', 'INBOX', mail({}));
    const before = await Promise.all([service.mails(), service.folders(), service.integrations()]);
    const answer = await service.sync('&dryRun=true');
    expect(answer.status).toBe('succeeded');
    expect(JSON.stringify(answer)).toContain('INBOX');
    expect(await Promise.all([service.mails(), service.folders(), service.integrations()])).toEqual(before);
    expect((await service.sync()).stats.messagesAdded).toBe(1);
  });

  test('removed while its sync runs leaves nothing behind and fails nothing', async () => {
    const server = await startMailboxes({ anna: inbox(...Array.from({ length: 20 }, () => mail({}))) });
    const service = await startInboxService();
    let id = '';
    const proxy = await startProxy(server.port, {
      async onCommand(command) {
        if (!/BODY\.PEEK\[1\]/.test(command)) return;
        expect((await service.call(`/inbox/integrations/${id}`, { method: 'DELETE' })).status).toBe(204);
      },
    });
    id = await service.add({ port: proxy.port });
    expect(await service.sync()).toMatchObject({ status: 'succeeded', errors: [] });
    expect([
      ...(await service.mails()),
      ...(await service.folders()),
      ...(await service.integrations()),
    ]).toEqual([]);
  });
});

describe('a thread', () => {
  const threadsOf = async (...batches: Buffer[][]) => {
    const [first = [], ...later] = batches;
    const { service, server } = await synced(...first);
    for (const batch of later) {
      for (const raw of batch) server.append('anna', 'INBOX', raw);
      expect((await service.sync()).status).toBe('succeeded');
    }
    const threads = new Map<string, string[]>();
    for (const { thread_id, subject } of await service.mails())
      threads.set(thread_id, [...(threads.get(thread_id) ?? []), subject ?? '']);
    return [...threads.values()].map((names) => names.sort().join(' ')).sort();
  };
  const m = (name: string, ...references: string[]) =>
    mail({
      id: `<${name}@t>`,
      subject: name,
      references: references.map((reference) => `<${reference}@t>`),
    });
  const reply = (name: string, to: string) =>
    mail({ id: `<${name}@t>`, subject: name, inReplyTo: `<${to}@t>` });

  test('follows References and In-Reply-To', async () => {
    expect(await threadsOf([m('a'), m('b', 'a'), reply('c', 'b'), m('autre')])).toEqual(['a b c', 'autre']);
  });

  test('is the same when the answers are found before the question', async () => {
    expect(await threadsOf([m('c', 'a', 'b')], [reply('b', 'a')], [m('a')])).toEqual(['a b c']);
  });

  test('holds the answers to a mail that was never seen', async () => {
    expect(await threadsOf([reply('b', 'perdu')], [reply('c', 'perdu')])).toEqual(['b c']);
  });

  test('becomes one with another when a mail refers to both', async () => {
    expect(await threadsOf([m('a'), m('b')], [m('a2', 'a'), m('b2', 'b')], [m('c', 'a', 'b')])).toEqual([
      'a a2 b b2 c',
    ]);
  });

  test('reaches over the folders of a mailbox, not into another mailbox', async () => {
    const server = await startMailboxes({
      anna: [...inbox(m('a')), { path: 'Sent', mails: [{ raw: m('b', 'a') }] }],
      bruno: inbox(m('a')),
    });
    const service = await startInboxService();
    await service.add({ port: server.port });
    await service.add({ port: server.port, username: 'bruno' });
    await service.sync();
    const mails = await service.mails();
    expect(mails).toHaveLength(3);
    expect(new Set(mails.map((stored) => stored.thread_id)).size).toBe(2);
  });
});

describe('a wrong password', () => {
  async function locked() {
    let now = new Date('2026-11-21T10:00:00Z');
    const server = await startMailboxes({ anna: inbox(mail({})), bruno: inbox(mail({ subject: 'Bruno' })) });
    const service = await startInboxService({ now: () => now });
    const proxy = await startProxy(server.port);
    const id = await service.add({ port: proxy.port, password: 'faux-mot-de-passe' });
    await service.add({ port: server.port, username: 'bruno' });
    const answer = await service.sync();
    const pass = (minutes: number) => {
      now = new Date(now.getTime() + minutes * 60_000);
    };
    return { service, proxy, id, answer, pass };
  }
  const logins = /^(LOGIN|AUTHENTICATE)/;

  test('is one line of errors, and the others are synchronised', async () => {
    const { answer, service } = await locked();
    expect(answer).toMatchObject({
      success: true,
      status: 'partial',
      stats: { failed: 1, messagesAdded: 1 },
    });
    expect(answer.errors).toHaveLength(1);
    expect(answer.errors[0]?.item).toBe('anna@example.com');
    expect(JSON.stringify(answer) + service.log()).not.toContain('faux-mot-de-passe');
    const [row] = await service.integrations();
    expect(row).toMatchObject({ consecutive_failures: 1, last_error: answer.errors[0]?.message });
  });

  test('is not tried again before its time, and counts as failed meanwhile', async () => {
    const { service, proxy, pass } = await locked();
    const tried = proxy.count(logins);
    pass(9);
    const answer = await service.sync();
    expect(answer).toMatchObject({ status: 'partial', stats: { failed: 1 } });
    expect(proxy.count(logins)).toBe(tried);
    pass(2);
    await service.sync();
    expect(proxy.count(logins)).toBe(tried + 1);
    const rows = await service.integrations();
    const row = rows.find(({ email }) => email === 'anna@example.com');
    expect(row?.consecutive_failures).toBe(2);
    // Twice as long as before.
    pass(19);
    await service.sync();
    expect(proxy.count(logins)).toBe(tried + 1);
  });

  test('is tried at once by force, and a login that works ends the back-off', async () => {
    const { service, proxy, id } = await locked();
    const tried = proxy.count(logins);
    await service.sync('&force=true');
    expect(proxy.count(logins)).toBe(tried + 1);
    const response = await service.post(`/inbox/integrations/${id}/credentials`, { password: PASSWORD });
    expect(response.status).toBe(204);
    expect(await service.sync()).toMatchObject({ status: 'succeeded', stats: { failed: 0 } });
    const rows = await service.integrations();
    expect(rows.map((row) => [row.consecutive_failures, row.next_attempt_at, row.last_error])).toEqual([
      [0, null, null],
      [0, null, null],
    ]);
  });
});

describe('a server that fails', () => {
  async function besides(port: number | ((good: number) => Promise<number>)) {
    const server = await startMailboxes({ anna: inbox(mail({})), bruno: inbox(mail({ subject: 'Bruno' })) });
    const service = await startInboxService({ timeouts: SHORT, env: { INBOX_CONCURRENCY: '2' } });
    await service.add({ port: typeof port === 'number' ? port : await port(server.port) });
    await service.add({ port: server.port, username: 'bruno' });
    const started = Date.now();
    const answer = await service.sync();
    expect(answer).toMatchObject({ status: 'partial', stats: { failed: 1 } });
    expect(answer.errors).toHaveLength(1);
    expect(Date.now() - started).toBeLessThan(5_000);
    expect(subjects(await service.mails())).toContain('Bruno');
    const times = await service.db.rows<{ late: number }>(sql`
      select extract(epoch from last_synced_at)::float * 1000 - ${started}::float8 as late
      from cronhook.inbox_integrations where username = 'bruno'
    `);
    expect(times[0]?.late).toBeLessThan(700);
    return answer.errors[0]?.message ?? '';
  }

  test('because nobody listens does not delay or fail the others', async () => {
    expect(await besides(await deadPort())).toMatch(/refuse/);
  });

  test('by accepting and saying nothing does not delay or fail the others', async () => {
    await besides((await startMuteServer()).port);
  });

  test('by greeting and never answering the login does not delay or fail the others', async () => {
    await besides((await startMuteServer('* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] ready')).port);
  });

  test('by going silent in the middle of a FETCH does not delay or fail the others', async () => {
    await besides(
      async (port) => (await startProxy(port, { stallAt: (command) => /BODYSTRUCTURE/.test(command) })).port,
    );
  });

  test('by closing the connection at the SELECT does not fail the others', async () => {
    await besides(async (port) => {
      const proxy = await startProxy(port, {
        onCommand: (command) => {
          if (/^(SELECT|EXAMINE)/.test(command)) proxy.dropAll();
        },
      });
      return proxy.port;
    });
  });

  test('is synchronised in full once it is well again', async () => {
    const server = await startMailboxes({ anna: inbox(mail({}), mail({})) });
    const service = await startInboxService({ timeouts: SHORT });
    const proxy = await startProxy(server.port, { stallAt: (command) => /BODYSTRUCTURE/.test(command) });
    await service.add({ port: proxy.port });
    expect((await service.sync()).status).toBe('partial');
    proxy.options = {};
    await service.endBackOff();
    expect(await service.sync()).toMatchObject({ status: 'succeeded', stats: { messagesAdded: 2 } });
  });

  test('by trickling does not make the run fail at its time limit', async () => {
    const server = await startMailboxes({ anna: inbox(mail({})), bruno: inbox(mail({})) });
    const proxy = await startProxy(server.port, {
      stallAt: (command) => /BODYSTRUCTURE/.test(command),
      trickle: true,
    });
    const tasks = [{ ...inboxSync, timeoutMs: 4_000 }];
    const timeouts = { ...SHORT, overtimeMs: 50 };
    const service = await startInboxService({ timeouts, tasks, env: { INBOX_CONCURRENCY: '1' } });
    await service.add({ port: proxy.port });
    await service.add({ port: server.port, username: 'bruno' });
    const answer = await service.sync();
    // The second one was not reached; it comes first the next time.
    expect(answer).toMatchObject({ status: 'partial', stats: { failed: 1, messagesAdded: 0, remaining: 1 } });
    expect((await service.sync()).stats.messagesAdded).toBe(1);
  });

  test.each([
    ['every FETCH', /^UID FETCH/],
    ['the content of every mail', /^UID FETCH .*BODY/],
  ])('by refusing %s for a while loses no mail', async (_title, refusedCommands) => {
    const { server, service } = await synced(mail({ subject: 'Un' }));
    for (const subject of ['Deux', 'Trois']) server.append('anna', 'INBOX', mail({ subject }));
    const proxy = await startProxy(server.port, {
      answer: (command) => (refusedCommands.test(command) ? 'NO Server busy' : undefined),
    });
    await service.db.rows(sql`update cronhook.inbox_integrations set port = ${proxy.port}`);
    expect((await service.sync()).status).toBe('partial');
    proxy.options = {};
    await service.endBackOff();
    expect(await service.sync()).toMatchObject({ status: 'succeeded', stats: { messagesAdded: 2 } });
    expect(subjects(await service.mails())).toEqual(['Deux', 'Trois', 'Un']);
  });

  test('at the text of one mail costs the others nothing', async () => {
    const server = await startMailboxes({
      anna: inbox(...[1, 2, 3, 4, 5].map((n) => mail({ subject: `n${n}`, body: `Texte ${n}` }))),
    });
    const names = (range: string) =>
      range.split(',').some((part) => {
        const [first = 0, last = first] = part.split(':').map(Number);
        return first <= 3 && 3 <= last;
      });
    const proxy = await startProxy(server.port, {
      answer: (command) => {
        const [, range = ''] = /^UID FETCH (\S+) .*BODY\.PEEK\[1\]/.exec(command) ?? [];
        return range && names(range) ? 'NO [SERVERBUG] Internal error' : undefined;
      },
    });
    const service = await startInboxService();
    await service.add({ port: proxy.port });
    await service.sync();
    expect((await service.mails()).map((stored) => stored.text_body)).toEqual([
      'Texte 1',
      'Texte 2',
      null,
      'Texte 4',
      'Texte 5',
    ]);
  });

  test('to tell the state of a folder does not make its mails removed', async () => {
    const server = await startMailboxes({
      anna: [...inbox(mail({})), { path: 'Clients', mails: [{ raw: mail({ subject: 'Client' }) }] }],
    });
    const service = await startInboxService();
    const proxy = await startProxy(server.port);
    await service.add({ port: proxy.port });
    await service.sync();
    proxy.options = {
      answer: (command) => (/^STATUS "?Clients/.test(command) ? 'NO Try later' : undefined),
    };
    const answer = await service.sync();
    expect(answer).toMatchObject({ status: 'partial', stats: { messagesDeleted: 0 } });
    expect(answer.errors[0]?.message).toContain('Clients');
    expect(subjects(await service.mails())).toContain('Client');
  });
});

describe('a mail that is not as it should be', () => {
  test('is stored as well as can be', async () => {
    const html = ['MIME-Version: 1.0', 'Content-Type: text/plain; charset=x-inconnu'];
    const { service } = await synced(
      mail({ subject: 'nul', body: Buffer.from('avant\0après') }),
      mail({ subject: 'charset', body: Buffer.from('caf\xe9', 'latin1'), headers: html }),
      mail({ subject: 'sans id', id: null }),
      mail({ subject: '1970', date: 'Thu, 01 Jan 1970 00:00:00 +0000' }),
      mail({ subject: 'pas de date', date: 'hier' }),
      mail({
        subject: 'mime',
        headers: ['MIME-Version: 1.0', 'Content-Type: multipart/mixed; boundary=ouvert'],
        body: '--ouvert\r\nContent-Type: text/plain\r\n\r\nJamais fermé',
      }),
    );
    const mails = await service.mails();
    expect(mails.map((stored) => stored.subject)).toEqual([
      'nul',
      'charset',
      'sans id',
      '1970',
      'pas de date',
      'mime',
    ]);
    expect(mails[0]?.text_body).toMatch(/^avant.?après$/);
    expect(mails[1]?.text_body).toBe('café');
    expect(mails[2]?.message_id).toBeNull();
    expect(new Date(mails[3]?.sent_at ?? 'x').getTime()).toBe(0);
    expect(mails[4]?.sent_at).toBeNull();
    expect(mails[5]?.text_body).toContain('Jamais fermé');
  });

  test('is added only once when it has no Message-ID', async () => {
    const { service } = await synced(mail({ id: null }), mail({ id: null }));
    await service.sync();
    expect(await service.mails()).toHaveLength(2);
  });
});

test('the mailboxes that failed last time come last', async () => {
  const mute = await startMuteServer();
  const server = await startMailboxes({ anna: inbox(mail({})) });
  const service = await startInboxService({
    timeouts: { connectMs: 1_500 },
    env: { INBOX_CONCURRENCY: '1' },
  });
  await service.add({ port: mute.port, email: 'muet@example.com' });
  await service.sync();
  await service.endBackOff();
  await service.add({ port: server.port });
  const running = service.sync();
  await sleep(1_200);
  expect(await service.mails()).toHaveLength(1);
  expect((await running).status).toBe('partial');
});
