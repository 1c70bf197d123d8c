import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BOUNCES, report } from '../support/bounces.js';
import { DOVECOT_PACKAGE, type Dovecot, dovecotAvailable, startDovecot } from '../support/dovecot.js';
import { startProxy } from '../support/imap-faults.js';
import {
  type InboxService,
  inFolder,
  mail,
  PASSWORD,
  startInboxService,
  startMailboxes,
} from '../support/imap-inbox.js';
import { scriptedImap } from '../support/imap-script.js';

const NOW = new Date('2026-11-21T10:00:00Z');
const CUSTOMER = 'zoe@example.com';

/** A company with two owners, and an invoice that is being chased. */
async function chased(service: InboxService, document: { kind?: string; number?: string } = {}) {
  const [company, id, followup, owner, coOwner] = Array.from({ length: 5 }, () => randomUUID());
  const messageId = `<${randomUUID()}@atelier-moreau.example>`;
  const users = [
    { id: owner, role: 'owner', disabled_at: null, deletion_started_at: null },
    { id: coOwner, role: 'owner', disabled_at: null, deletion_started_at: null },
    { id: randomUUID(), role: 'member', disabled_at: null, deletion_started_at: null },
    { id: randomUUID(), role: 'owner', disabled_at: NOW, deletion_started_at: null },
    { id: randomUUID(), role: 'owner', disabled_at: null, deletion_started_at: NOW },
  ];
  await service.db.rows(sql`
    insert into cronhook.users (id, company_id, email, name, role, disabled_at, deletion_started_at)
    select id, ${company}::uuid, id || '@atelier-moreau.example', 'Luc', role, disabled_at, deletion_started_at
    from json_to_recordset(${JSON.stringify(users)}::json)
      as person (id uuid, role text, disabled_at timestamptz, deletion_started_at timestamptz)
  `);
  await service.db.rows(sql`
    insert into cronhook.billing_documents
      (id, company_id, kind, number, customer_name, customer_email, total_cents, issued_at, due_at, status, url)
    values (${id}::uuid, ${company}::uuid, ${document.kind ?? 'invoice'}, ${document.number ?? 'F-2026-7'},
      'Menuiserie <Zoé>', ${CUSTOMER}, 12000, '2026-10-01', '2026-11-01', 'sent', 'https://app.example.com/f/7')
  `);
  await service.db.rows(sql`
    insert into cronhook.followups (id, document_id, steps_sent) values (${followup}::uuid, ${id}::uuid, 1)
  `);
  await sent(service, { messageId, dedupeKey: `followup:${followup}:1` });
  return {
    company: company as string,
    documentId: `<${id}@atelier-moreau.example>`,
    messageId,
    owners: [owner, coOwner].sort(),
    followup: followup as string,
    state: async () => {
      const [row] = await service.db.rows<{ stopped_at: string | null; stopped_reason: string | null }>(
        sql`select stopped_at, stopped_reason from cronhook.followups where id = ${followup}::uuid`,
      );
      return row?.stopped_reason ?? 'open';
    },
  };
}

interface Sent {
  messageId: string;
  dedupeKey?: string;
  recipient?: string;
  ephemeral?: boolean;
  status?: string;
}

async function sent(service: InboxService, given: Sent): Promise<void> {
  await service.db.rows(sql`
    insert into cronhook.outbox_messages (task, dedupe_key, recipient, text_body, message_id, status, ephemeral)
    values ('followups', ${given.dedupeKey ?? `test:${randomUUID()}`}, ${given.recipient ?? CUSTOMER}, 'Bonjour',
      ${given.messageId}, ${given.status ?? 'sent'}, ${given.ephemeral ?? false})
  `);
}

const outcome = async (service: InboxService) => ({
  suppressed: await service.db.rows<{ address: string; reason: string }>(
    sql`select address, reason from cronhook.suppressed_addresses order by address`,
  ),
  messages: await service.db.rows<{ status: string; last_error: string | null }>(
    sql`select status, last_error from cronhook.outbox_messages order by created_at, id`,
  ),
});
const NOTHING_DONE = { suppressed: [], messages: [{ status: 'sent', last_error: null }] };

const notifications = (service: InboxService) =>
  service.db.rows<Record<string, string>>(sql`
    select user_id, kind, severity, dedupe_key, title, body, link from cronhook.notifications order by user_id
  `);

const folders = (...paths: string[]) =>
  paths.map((path) => ({ path, mails: [], ...(path === 'Envoyés' && { specialUse: '\\Sent' }) }));

/** A service whose mailbox is in the process, and in sync with it. */
async function startInProcess(paths = ['INBOX'], options: Parameters<typeof startInboxService>[0] = {}) {
  const server = await startMailboxes({ anna: folders(...paths) });
  const service = await startInboxService({ now: () => NOW, ...options });
  const proxy = await startProxy(server.port);
  const id = await service.add({ port: proxy.port });
  return {
    service,
    proxy,
    server,
    id,
    deliver: (raw: Buffer, path = 'INBOX') => server.append('anna', path, raw),
  };
}

const missing = dovecotAvailable() ? '' : ` (skipped: install the package ${DOVECOT_PACKAGE})`;
let dovecot: Dovecot | undefined;
let users = 0;
beforeAll(async () => {
  if (!missing) dovecot = await startDovecot();
});
afterAll(() => dovecot?.close());

async function startOnDovecot() {
  const server = dovecot as Dovecot;
  const user = `answers${users++}`;
  server.addUser(user, PASSWORD);
  const service = await startInboxService({ now: () => NOW });
  const proxy = await startProxy(server.port);
  const id = await service.add({ port: proxy.port, username: user });
  return { service, proxy, id, deliver: (raw: Buffer) => server.deliver(user, 'INBOX', [raw]) };
}

const SERVERS: [
  string,
  boolean,
  () => Promise<Omit<Awaited<ReturnType<typeof startInProcess>>, 'server'>>,
][] = [
  ['in the process', false, startInProcess],
  [`on Dovecot${missing}`, Boolean(missing), startOnDovecot],
];

describe.each(SERVERS)('a mailbox %s', (_name, skipped, start) => {
  test.skipIf(skipped)(
    'stops the follow-up that a mail answers, and tells each owner who answered',
    async () => {
      const { service, deliver } = await start();
      const [answered, other] = [await chased(service), await chased(service)];
      await service.sync();
      deliver(mail({ id: '<r1@example.com>', inReplyTo: answered.messageId }));
      expect((await service.sync()).stats).toMatchObject({ messagesAdded: 1, replies: 1, bounces: 0 });
      expect([await answered.state(), await other.state()]).toEqual(['replied', 'open']);
      const [stopped] = await service.db.rows<{ stopped_at: string }>(
        sql`select stopped_at from cronhook.followups where stopped_at is not null`,
      );
      expect(new Date(stopped?.stopped_at ?? 0)).toEqual(NOW);
      expect(await notifications(service)).toEqual(
        answered.owners.map((user_id) => ({
          user_id,
          kind: 'followup_replied',
          severity: 'info',
          dedupe_key: `followup-replied:${answered.followup}:${user_id}`,
          title: 'Menuiserie <Zoé> a répondu : relances arrêtées pour la facture F-2026-7',
          body: expect.stringContaining('Zoé Martin <zoe@example.com> a répondu'),
          link: 'https://app.example.com/f/7',
        })),
      );
    },
  );

  test.skipIf(skipped).each(Object.keys(BOUNCES))(
    'suppresses the address of a message that %s reports as undeliverable',
    async (system) => {
      const { service, deliver } = await start();
      const messageId = `<${randomUUID()}@atelier-moreau.example>`;
      await sent(service, { messageId, recipient: 'Zoe@Example.com' });
      deliver(BOUNCES[system]?.({ messageId, recipient: 'zoe@example.com' }) as Buffer);
      expect((await service.sync()).stats).toMatchObject({ messagesAdded: 1, replies: 0, bounces: 1 });
      const { suppressed, messages } = await outcome(service);
      expect(suppressed).toEqual([
        { address: 'zoe@example.com', reason: expect.stringMatching(/^bounce: 5\.\d\.\d+/) },
      ]);
      expect(messages).toEqual([{ status: 'failed', last_error: suppressed[0]?.reason }]);
      if (system !== 'Exim') expect(suppressed[0]?.reason).toContain('550');
    },
  );

  test.skipIf(skipped).each(Object.keys(BOUNCES))(
    'leaves a message alone that %s reports as delayed, as failed for now or as passed on',
    async (system) => {
      const { service, deliver } = await start();
      const messageId = `<${randomUUID()}@atelier-moreau.example>`;
      await sent(service, { messageId });
      for (const given of [
        { action: 'delayed', status: '4.4.1' },
        { action: 'failed', status: '4.4.7' },
        { action: 'relayed', status: '2.0.0' },
        { action: 'delivered', status: '5.1.1' },
      ])
        deliver(BOUNCES[system]?.({ messageId, recipient: CUSTOMER, ...given }) as Buffer);
      expect((await service.sync()).stats).toMatchObject({ messagesAdded: 4, bounces: 0 });
      expect(await outcome(service)).toEqual(NOTHING_DONE);
    },
  );

  test.skipIf(skipped)('asks for reports with one command, and for none where there are none', async () => {
    const { service, deliver, proxy } = await start();
    await service.sync();
    const fetches = async (...mails: Buffer[]) => {
      for (const raw of mails) deliver(raw);
      proxy.reset();
      expect((await service.sync()).stats.messagesAdded).toBe(mails.length);
      return proxy.count(/^UID FETCH .*BODY\.PEEK\[\d/);
    };
    const bounce = (system: string) =>
      BOUNCES[system]?.({ messageId: '<x@y>', recipient: CUSTOMER }) as Buffer;
    const letters = await fetches(mail({}), mail({}));
    expect(letters).toBe(1);
    // One for the texts, one for the reports.
    expect(await fetches(bounce('Postfix'), bounce('Postfix'), mail({}))).toBe(letters + 1);
  });
});

describe('a reply', () => {
  test('is known by the document alone, where a relay has replaced our Message-ID', async () => {
    const { service, deliver } = await startInProcess();
    const quote = await chased(service, { kind: 'quote', number: 'D-12' });
    deliver(mail({ references: [quote.documentId.toUpperCase(), '<0102@eu-west-1.relay.example>'] }));
    expect((await service.sync()).stats.replies).toBe(1);
    expect(await quote.state()).toBe('replied');
    expect((await notifications(service))[0]?.title).toContain('le devis D-12');
  });

  test('in English tells owners in English', async () => {
    const { service, deliver } = await startInProcess(['INBOX'], { env: { LOCALE: 'en' } });
    const { messageId } = await chased(service);
    deliver(mail({ references: ['<a@b>', messageId] }));
    await service.sync();
    expect((await notifications(service))[0]?.title).toBe(
      'Menuiserie <Zoé> has replied: follow-ups for invoice F-2026-7 stopped',
    );
  });

  const NO_ANSWERS: [string, string[]][] = [
    ['an out-of-office mail', ['Auto-Submitted: auto-replied']],
    ['a copy of our own mail', ['Auto-Submitted: auto-generated']],
    ['a read receipt', ['Content-Type: multipart/report; report-type=disposition-notification; boundary=b1']],
    ['a bounce', ['Content-Type: multipart/report; report-type=delivery-status; boundary=b1']],
    ['a mail from the mailbox itself', ['X-Own: yes']],
  ];
  test.each(NO_ANSWERS)('is not %s', async (what, headers) => {
    const { service, deliver } = await startInProcess();
    const { messageId, documentId, state } = await chased(service);
    const raw = mail({
      inReplyTo: messageId,
      references: [documentId],
      headers: ['MIME-Version: 1.0', ...headers],
      body: '--b1\r\nContent-Type: text/plain\r\n\r\nBonjour\r\n--b1--\r\n',
    }).toString('latin1');
    deliver(Buffer.from(what.includes('itself') ? raw.replace('zoe@', 'ANNA@') : raw, 'latin1'));
    expect((await service.sync()).stats).toMatchObject({ messagesAdded: 1, replies: 0, bounces: 0 });
    expect(await state()).toBe('open');
    expect(await notifications(service)).toEqual([]);
  });

  test('is not what lies among the sent mails', async () => {
    const { service, deliver } = await startInProcess(['INBOX', 'Envoyés']);
    const { messageId, state } = await chased(service);
    deliver(mail({ inReplyTo: messageId }), 'Envoyés');
    expect((await service.sync()).stats).toMatchObject({ messagesAdded: 1, replies: 0 });
    expect(await state()).toBe('open');
  });

  test('does not count in the mailbox of another company', async () => {
    const { service, deliver, id } = await startInProcess();
    const [theirs, ours] = [await chased(service), await chased(service)];
    await service.db.rows(
      sql`update cronhook.inbox_integrations set company_id = ${ours.company}::uuid where id = ${id}::uuid`,
    );
    deliver(mail({ inReplyTo: theirs.messageId, references: [theirs.documentId] }));
    deliver(mail({ inReplyTo: ours.messageId }));
    expect((await service.sync()).stats.replies).toBe(1);
    expect([await theirs.state(), await ours.state()]).toEqual(['open', 'replied']);
  });

  test('stops nothing again when it is filed in another folder after the chase was taken up again', async () => {
    const { service, deliver, server } = await startInProcess(['INBOX', 'Clients']);
    const { messageId, state } = await chased(service);
    deliver(mail({ inReplyTo: messageId }));
    await service.sync();
    await service.db.rows(sql`update cronhook.followups set stopped_at = null, stopped_reason = null`);
    await inFolder(server, 'INBOX', (client) => client.messageMove('1', 'Clients', { uid: true }));
    expect((await service.sync()).stats).toMatchObject({ messagesAdded: 1, messagesDeleted: 1, replies: 0 });
    expect(await state()).toBe('open');
    deliver(mail({ inReplyTo: messageId, id: '<again@example.com>' }), 'Clients');
    expect((await service.sync()).stats.replies).toBe(1);
  });

  test('leaves a follow-up that was stopped before as it is', async () => {
    const { service, deliver } = await startInProcess();
    const { messageId, state } = await chased(service);
    await service.db.rows(sql`update cronhook.followups set stopped_at = now(), stopped_reason = 'paid'`);
    deliver(mail({ inReplyTo: messageId }));
    expect((await service.sync()).stats.replies).toBe(0);
    expect(await state()).toBe('paid');
    expect(await notifications(service)).toEqual([]);
  });

  test('to a message whose cause cannot be read is stored like any other', async () => {
    const { service, deliver } = await startInProcess();
    const keys = ['followup:', 'followup:x:1', `followup:${'-'.repeat(36)}:1`, 'followup:;drop', 'welcome:1'];
    const references = [];
    for (const dedupeKey of keys) {
      const messageId = `<${randomUUID()}@a>`;
      references.push(messageId);
      await sent(service, { messageId, dedupeKey });
    }
    const odd = ['<00000000-0000-0000-0000-00000000000g@a>', '<{}@a>', "<'@a>", `<${'-'.repeat(36)}@a>`];
    deliver(mail({ references: [...references, ...odd] }));
    expect(await service.sync()).toMatchObject({
      status: 'succeeded',
      stats: { messagesAdded: 1, replies: 0 },
    });
  });

  test('is stored together with what it stops, or not at all', async () => {
    const { service, deliver } = await startInProcess();
    const { messageId, state } = await chased(service);
    await service.db.rows(sql`
      create function cronhook.refuse() returns trigger language plpgsql as 'begin raise exception ''no''; end'
    `);
    await service.db.rows(sql`
      create trigger refuse before insert on cronhook.notifications
      for each row when (new.kind = 'followup_replied') execute function cronhook.refuse()
    `);
    deliver(mail({ inReplyTo: messageId }));
    expect((await service.sync()).status).toBe('partial');
    expect(await service.mails()).toEqual([]);
    expect(await state()).toBe('open');
    await service.db.rows(sql`drop trigger refuse on cronhook.notifications`);
    expect((await service.sync()).stats).toMatchObject({ messagesAdded: 1, replies: 1 });
    expect(await service.mails()).toHaveLength(1);
    expect(await state()).toBe('replied');
  });

  test('among hundreds is found, and each follow-up told once', async () => {
    const { service, deliver } = await startInProcess();
    const all = [];
    for (let n = 0; n < 5; n++) all.push(await chased(service));
    for (let n = 0; n < 300; n++) {
      const followup = n % 3 === 0 ? all[n % 5] : undefined;
      deliver(mail({ references: [`<${randomUUID()}@example.com>`, followup?.messageId ?? '<a@b>'] }));
    }
    expect((await service.sync()).stats).toMatchObject({ messagesAdded: 300, replies: 5 });
    expect(await notifications(service)).toHaveLength(10);
  });
});

describe('a delivery report', () => {
  const FAILED = 'Action: failed\nStatus: 5.1.1\n';

  async function reported(given: Parameters<typeof report>[0], message: Partial<Sent> = {}) {
    const started = await startInProcess();
    const { service, deliver } = started;
    const messageId = `<${randomUUID()}@atelier-moreau.example>`;
    await sent(service, { messageId, ...message });
    const headers = (given.headers ?? []).map((line) => line.replace('OURS', messageId));
    deliver(report({ ...given, headers, ...(given.messageId === 'OURS' && { messageId }) }));
    const answer = await service.sync();
    expect(answer).toMatchObject({ status: 'succeeded', stats: { messagesAdded: 1 } });
    return { ...started, messageId, stats: answer.stats, ...(await outcome(service)) };
  }

  test('about a message that we have not sent changes nothing', async () => {
    const given = { messageId: `<${randomUUID()}@atelier-moreau.example>` };
    const status = `Final-Recipient: rfc822; ${CUSTOMER}\n${FAILED}`;
    const { stats, suppressed, messages } = await reported({ ...given, status });
    expect(stats.bounces).toBe(0);
    expect({ suppressed, messages }).toEqual(NOTHING_DONE);
  });

  test('that quotes nothing is known by what it answers', async () => {
    for (const header of ['In-Reply-To: OURS', 'References: <a@b> OURS']) {
      const { suppressed } = await reported({ headers: [header], status: FAILED });
      expect(suppressed).toEqual([{ address: CUSTOMER, reason: 'bounce: 5.1.1' }]);
    }
  });

  test('about another mail of the same conversation changes nothing', async () => {
    const { suppressed } = await reported({
      messageId: '<theirs@example.com>',
      headers: ['References: OURS'],
      status: `Final-Recipient: rfc822; ${CUSTOMER}\n${FAILED}`,
    });
    expect(suppressed).toEqual([]);
  });

  test('suppresses the recipient that we recorded, whomever it names', async () => {
    for (const named of ['victim@example.com', 'x400; /S=z/', 'rfc822;']) {
      const status = `Final-Recipient: rfc822; ${named}\n${FAILED}`;
      const { suppressed, messages } = await reported({ messageId: 'OURS', status });
      expect(suppressed.map(({ address }) => address)).toEqual([CUSTOMER]);
      expect(messages[0]?.status).toBe('failed');
    }
  });

  test('counts by what it says of our recipient where it names others too', async () => {
    const of = (address: string, fields: string) => `Final-Recipient: rfc822; ${address}\n${fields}\n`;
    const delivered = 'Action: delivered\nStatus: 2.0.0\n';
    const first = await reported({
      messageId: 'OURS',
      status: of('other@example.com', FAILED) + of(CUSTOMER.toUpperCase(), delivered),
    });
    expect(first.suppressed).toEqual([]);
    const second = await reported({
      messageId: 'OURS',
      status: of('other@example.com', delivered) + of(CUSTOMER, FAILED),
    });
    expect(second.suppressed).toHaveLength(1);
    // An alias of two people, one of whom has left.
    const third = await reported({
      messageId: 'OURS',
      status: of('left@example.com', FAILED) + of('stays@example.com', delivered),
    });
    expect(third.suppressed).toEqual([]);
  });

  test('keeps three hundred characters of the server’s words, on one line', async () => {
    const status = `Action: failed\nDiagnostic-Code: smtp; 550 5.1.1 ${'é\u0007x '.repeat(400)}\n`;
    const { suppressed, messages } = await reported({ messageId: 'OURS', status });
    expect(suppressed[0]?.reason).toMatch(/^bounce: 5\.1\.1 550 5\.1\.1 é x/);
    expect(suppressed[0]?.reason).toHaveLength(300);
    expect(messages[0]?.last_error).toBe(suppressed[0]?.reason);
  });

  test('of an ephemeral message suppresses nobody, and leaves nothing that tells whom it was for', async () => {
    for (const status of ['sent', 'sending']) {
      const bounce = `Final-Recipient: rfc822; ${CUSTOMER}\n${FAILED}Diagnostic-Code: smtp; 550 no ${CUSTOMER}\n`;
      const message = { recipient: '', ephemeral: true, status };
      const { service, suppressed, messages, stats } = await reported(
        { messageId: 'OURS', status: bounce },
        message,
      );
      expect(stats.bounces).toBe(1);
      expect(suppressed).toEqual([]);
      expect(messages).toEqual([{ status: 'failed', last_error: 'bounce: 5.1.1' }]);
      const [row] = await service.db.rows<{ text_body: string }>(
        sql`select text_body from cronhook.outbox_messages`,
      );
      expect(row?.text_body).toBe('');
    }
  });

  test('leaves the state of a message that has not been sent', async () => {
    for (const status of ['pending', 'cancelled', 'held']) {
      const { messages } = await reported({ messageId: 'OURS', status: FAILED }, { status });
      expect(messages).toEqual([{ status, last_error: null }]);
    }
  });

  test('suppresses nobody again when it is filed in another folder after the address was allowed again', async () => {
    const server = await startMailboxes({ anna: folders('INBOX', 'Rapports') });
    const service = await startInboxService();
    await service.add({ port: server.port });
    const messageId = `<${randomUUID()}@atelier-moreau.example>`;
    await sent(service, { messageId });
    server.append('anna', 'INBOX', report({ messageId, status: FAILED }));
    expect((await service.sync()).stats.bounces).toBe(1);
    await service.db.rows(sql`delete from cronhook.suppressed_addresses`);
    await inFolder(server, 'INBOX', (client) => client.messageMove('1', 'Rapports', { uid: true }));
    expect((await service.sync()).stats).toMatchObject({ messagesAdded: 1, bounces: 0 });
    expect((await outcome(service)).suppressed).toEqual([]);
  });

  test('counts wherever it lies', async () => {
    const { service, deliver } = await startInProcess(['INBOX', 'Archives', 'Envoyés']);
    for (const path of ['Archives', 'Envoyés']) {
      const messageId = `<${randomUUID()}@atelier-moreau.example>`;
      await sent(service, { messageId, recipient: `${path.toLowerCase()}@example.com` });
      deliver(report({ messageId, status: FAILED }, `<${path}@mx.example>`), path);
    }
    expect((await service.sync()).stats.bounces).toBe(2);
    expect((await outcome(service)).suppressed).toHaveLength(2);
  });

  test('that the server fails to send costs the mailbox nothing', async () => {
    const { service, deliver, proxy, id } = await startInProcess();
    const messageId = `<${randomUUID()}@atelier-moreau.example>`;
    await sent(service, { messageId });
    proxy.options.answer = (command) =>
      /^UID FETCH .*BODY\.PEEK\[2\]/.test(command) ? 'NO [SERVERBUG] Internal error' : undefined;
    deliver(report({ messageId, status: FAILED }));
    deliver(mail({ subject: 'Après' }));
    expect(await service.sync()).toMatchObject({
      status: 'succeeded',
      stats: { messagesAdded: 2, bounces: 0 },
    });
    expect(await service.mails()).toHaveLength(2);
    const [mailbox] = await service.integrations();
    expect(mailbox).toMatchObject({ id, consecutive_failures: 0 });
  });

  test('is known by the headers that it quotes, where the server leaves the envelope empty', async () => {
    const messageId = `<${randomUUID()}@atelier-moreau.example>`;
    const literal = (text: string) => `{${text.length}}\r\n${text}`;
    const leaf = (type: string) => `("MESSAGE" "${type}" NIL NIL NIL "7BIT" 90`;
    const structure = `(("TEXT" "PLAIN" NIL NIL NIL "7BIT" 2 1)${leaf('DELIVERY-STATUS')})${leaf('RFC822')} NIL NIL 3) "REPORT")`;
    const parts = `BODY[2] ${literal(FAILED)} BODY[3.HEADER]<0> ${literal(`Message-ID: ${messageId}\r\n\r\n`)}`;
    const head = literal('From: MAILER-DAEMON@mx.example\r\n\r\n');
    const port = await scriptedImap((command, write, tag) => {
      const fetched = (items: string) => write(`* 1 FETCH (UID 1 ${items})\r\n`);
      if (/^LIST "" ""/i.test(command)) write('* LIST (\\Noselect) "/" ""\r\n');
      else if (/^LIST/i.test(command)) write('* LIST () "/" INBOX\r\n');
      else if (/^STATUS/i.test(command)) write('* STATUS INBOX (MESSAGES 1 UIDNEXT 2 UIDVALIDITY 7)\r\n');
      else if (/^EXAMINE/i.test(command))
        write('* 1 EXISTS\r\n* FLAGS ()\r\n* OK [UIDVALIDITY 7]\r\n* OK [UIDNEXT 2]\r\n');
      else if (/^UID SEARCH/i.test(command)) write('* SEARCH 1\r\n');
      else if (/^UID FETCH .*BODY.PEEK\[2\] BODY.PEEK\[3.HEADER\]<0.65536>/i.test(command)) fetched(parts);
      else if (/^UID FETCH .*BODY.PEEK\[1\]/i.test(command)) fetched('BODY[1] "Hi"');
      else if (/^UID FETCH .*BODYSTRUCTURE/i.test(command))
        fetched(
          `FLAGS () INTERNALDATE "21-Nov-2026 10:00:00 +0000" RFC822.SIZE 400 BODYSTRUCTURE ${structure} BODY[HEADER] ${head}`,
        );
      write(`${tag} OK\r\n`);
    });
    const service = await startInboxService();
    await service.add({ port });
    await sent(service, { messageId });
    expect(await service.sync()).toMatchObject({
      status: 'succeeded',
      stats: { messagesAdded: 1, bounces: 1 },
    });
    expect((await outcome(service)).suppressed).toEqual([{ address: CUSTOMER, reason: 'bounce: 5.1.1' }]);
  });

  test('that makes no sense is a mail like any other', async () => {
    const { service, deliver } = await startInProcess();
    const odd = [
      '',
      '\n\n\n',
      'Action\nStatus: 5',
      ': : :',
      '\u0000'.repeat(100),
      'Action: failed\n'.repeat(9_999),
    ];
    odd.forEach((status, n) => void deliver(report({ messageId: '<a@b>', status }, `<${n}@odd>`)));
    const raw = report({ messageId: '<a@b>', status: FAILED }).toString();
    deliver(Buffer.from(raw.slice(0, raw.indexOf('--b1\nContent-Type: message'))));
    expect(await service.sync()).toMatchObject({
      status: 'succeeded',
      errors: [],
      stats: { messagesAdded: odd.length + 1, bounces: 0 },
    });
  });
});
