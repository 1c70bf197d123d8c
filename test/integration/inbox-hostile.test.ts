import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { describe, expect, onTestFinished, test } from 'vitest';
import { sealPassword } from '../../src/tasks/inbox/credentials.js';
import { PASSWORD, startInboxService } from '../support/imap-inbox.js';
import { scriptedImap } from '../support/imap-script.js';

type Service = Awaited<ReturnType<typeof startInboxService>>;

async function addMailbox(service: Service, port: number, authType = 'password'): Promise<string> {
  const id = randomUUID();
  const oauth = authType === 'oauth2' ? '{"tokenUrl":"http://127.0.0.1:1/","clientId":"c"}' : null;
  await service.db.rows(sql`
    insert into cronhook.inbox_integrations
      (id, email, host, port, tls, username, auth_type, secret_encrypted, oauth)
    values (${id}::uuid, 'x@example.fr', '127.0.0.1', ${port}, 'none', 'user', ${authType},
      ${sealPassword(service.vault, id, PASSWORD)}, ${oauth}::jsonb)
  `);
  return id;
}

const loginRefusedWith = (words: string) =>
  scriptedImap((command, write, tag) => {
    if (/^(LOGIN|AUTH)/i.test(command)) write(`${tag} NO [UNAVAILABLE] ${words}\r\n`);
    else if (/^CAPABILITY/i.test(command)) write(`* CAPABILITY IMAP4rev1\r\n${tag} OK\r\n`);
    else write(`${tag} OK\r\n`);
  });

describe('an IMAP server', () => {
  test('cannot hold the service up with a text that is slow to clean', async () => {
    const service = await startInboxService();
    const port = await loginRefusedWith(`//${':'.repeat(100_000)}`);
    const asked = performance.now();
    const body = { email: 'a@b.fr', host: '127.0.0.1', port, tls: 'none', password: 'long password' };
    expect((await service.post('/inbox/integrations', body)).status).toBe(422);
    expect(performance.now() - asked).toBeLessThan(3_000);
  });

  test('with a NUL in its words is put off like any other', async () => {
    const service = await startInboxService();
    const id = await addMailbox(service, await loginRefusedWith('a\0b'));
    await service.sync();
    const [row] = await service.db.rows<{ consecutive_failures: number; last_error: string }>(
      sql`select consecutive_failures, last_error from cronhook.inbox_integrations where id = ${id}::uuid`,
    );
    expect(row?.consecutive_failures).toBe(1);
    expect(row?.last_error).toContain('ab');
  });

  test.each(['&AAA-nul', '&2AA-half'])(
    'with a folder name that cannot be stored (%s) has its other folders synchronised, run after run',
    async (name) => {
      const port = await scriptedImap((command, write, tag) => {
        const status = /^STATUS (\S+) /i.exec(command)?.[1];
        const opened =
          '* 0 EXISTS\r\n* 0 RECENT\r\n* FLAGS ()\r\n* OK [UIDVALIDITY 7]\r\n* OK [UIDNEXT 1]\r\n';
        if (/^CAPABILITY/i.test(command)) write('* CAPABILITY IMAP4rev1\r\n');
        else if (/^LIST "" ""/i.test(command)) write('* LIST (\\Noselect) "/" ""\r\n');
        else if (/^LIST/i.test(command)) write(`* LIST () "/" INBOX\r\n* LIST () "/" "${name}"\r\n`);
        else if (status) write(`* STATUS ${status} (MESSAGES 0 UIDNEXT 1 UIDVALIDITY 7)\r\n`);
        else if (/^(SELECT|EXAMINE)/i.test(command)) write(opened);
        else if (/^UID SEARCH/i.test(command)) write('* SEARCH\r\n');
        write(`${tag} OK\r\n`);
      });
      const service = await startInboxService();
      await addMailbox(service, port);
      for (let run = 0; run < 3; run++) {
        const answer = await service.sync();
        expect(answer.errors.map(({ message }) => message)).toEqual([expect.stringContaining('NAME')]);
      }
      expect(await service.db.rows(sql`select path from cronhook.inbox_folders`)).toEqual([
        { path: 'INBOX' },
      ]);
    },
  );

  test('that never ends its answer is left, and counted as failed', async () => {
    const port = await scriptedImap((command, write, tag) => {
      const status = /^STATUS (\S+) /i.exec(command)?.[1];
      const opened = '* 5 EXISTS\r\n* 0 RECENT\r\n* FLAGS ()\r\n* OK [UIDVALIDITY 7]\r\n* OK [UIDNEXT 6]\r\n';
      if (/^UID FETCH/i.test(command)) {
        const timer = setInterval(() => {
          for (let uid = 1; uid <= 50; uid++)
            write(
              `* 1 FETCH (UID ${uid} FLAGS () INTERNALDATE "01-Jan-2026 10:00:00 +0000" RFC822.SIZE 10)\r\n`,
            );
        }, 5);
        onTestFinished(() => clearInterval(timer));
        return;
      }
      if (/^CAPABILITY/i.test(command)) write('* CAPABILITY IMAP4rev1\r\n');
      else if (/^LIST "" ""/i.test(command)) write('* LIST (\\Noselect) "/" ""\r\n');
      else if (/^LIST/i.test(command)) write('* LIST () "/" INBOX\r\n');
      else if (status) write(`* STATUS ${status} (MESSAGES 5 UIDNEXT 6 UIDVALIDITY 7)\r\n`);
      else if (/^(SELECT|EXAMINE)/i.test(command)) write(opened);
      else if (/^UID SEARCH/i.test(command)) write('* SEARCH 1 2 3 4 5\r\n');
      write(`${tag} OK\r\n`);
    });
    const service = await startInboxService();
    await addMailbox(service, port);
    const asked = performance.now();
    const answer = await service.sync();
    expect(performance.now() - asked).toBeLessThan(10_000);
    expect(answer).toMatchObject({ status: 'partial', stats: { failed: 1, messagesAdded: 0 } });
  });

  test('of a row whose kind of secret was changed by hand is reported without its secret', async () => {
    const service = await startInboxService();
    await addMailbox(service, 1, 'oauth2');
    const answer = await service.sync();
    expect(answer.errors).toHaveLength(1);
    expect(JSON.stringify(answer) + service.log()).not.toContain(PASSWORD);
  });
});
