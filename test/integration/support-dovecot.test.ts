import { readFileSync } from 'node:fs';
import { ImapFlow } from 'imapflow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DOVECOT_PACKAGE, type Dovecot, dovecotAvailable, startDovecot } from '../support/dovecot.js';

const missing = dovecotAvailable() ? '' : ` (skipped: install the package ${DOVECOT_PACKAGE})`;

describe.skipIf(missing)(`Dovecot for tests${missing}`, () => {
  let dovecot: Dovecot;

  beforeAll(async () => {
    dovecot = await startDovecot({ users: { anna: 'secret' } });
  });
  afterAll(() => dovecot?.close());

  async function withClient<T>(use: (client: ImapFlow) => Promise<T>, server = dovecot): Promise<T> {
    const auth = { user: 'anna', pass: 'secret' };
    const tls = { ca: readFileSync(server.caFile) };
    const client = new ImapFlow({
      host: 'localhost',
      port: server.tlsPort,
      secure: true,
      tls,
      auth,
      logger: false,
    });
    client.on('error', () => {});
    await client.connect();
    try {
      return await use(client);
    } finally {
      client.close();
    }
  }

  it('numbers the mails in the order they were delivered, with their flags and dates', async () => {
    const receivedAt = new Date('2024-02-03T04:05:06Z');
    const raw = (subject: string) => Buffer.from(`Subject: ${subject}\r\n\r\nTexte\r\n`);
    const mails = Array.from({ length: 200 }, (_, index) => ({ raw: raw(`n${index + 1}`), receivedAt }));
    expect(dovecot.deliver('anna', 'Clients/Été', [...mails, { raw: raw('vu'), flags: ['\\Seen'] }])).toBe(
      201,
    );

    await withClient(async (client) => {
      await client.mailboxOpen('Clients/Été', { readOnly: true });
      const query = { uid: true, flags: true, internalDate: true, envelope: true };
      const found = await client.fetchAll('1:*', query, { uid: true });
      expect(found.map((mail) => mail.envelope?.subject)).toEqual([
        ...mails.map((_, index) => `n${index + 1}`),
        'vu',
      ]);
      expect(found[0]?.internalDate).toEqual(receivedAt);
      expect(found.at(-1)?.flags?.has('\\Seen')).toBe(true);
    });
  });

  it('keeps the mails and their UIDVALIDITY through a crash and a restart on the same port', async () => {
    dovecot.deliver('anna', 'INBOX', [Buffer.from('Subject: gardé\r\n\r\nTexte\r\n')]);
    const status = () =>
      withClient((client) => client.status('INBOX', { messages: true, uidValidity: true, uidNext: true }));
    const before = await status();
    await dovecot.kill();
    await expect(status()).rejects.toThrow();
    await dovecot.start();
    expect(await status()).toEqual(before);
  });

  it('answers nothing while it is paused and everything afterwards', async () => {
    await withClient(async (client) => {
      let answered = false;
      dovecot.pause();
      const noop = client.noop().then(() => {
        answered = true;
      });
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect(answered).toBe(false);
      dovecot.resume();
      await noop;
      expect(answered).toBe(true);
    });
  });

  it('offers CONDSTORE and QRESYNC unless told to hide them', async () => {
    const offered = (server?: Dovecot) =>
      withClient(
        async (client) => ['CONDSTORE', 'QRESYNC'].filter((name) => client.capabilities.has(name)),
        server,
      );
    expect(await offered()).toEqual(['CONDSTORE', 'QRESYNC']);
    for (const [options, capabilities] of [
      [{ qresync: false }, ['CONDSTORE']],
      [{ condstore: false }, []],
    ] as const) {
      const bare = await startDovecot({ users: { anna: 'secret' }, ...options });
      try {
        expect(await offered(bare)).toEqual(capabilities);
      } finally {
        await bare.close();
      }
    }
  });
});
