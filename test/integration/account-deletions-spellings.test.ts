import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { rowsOf } from '../../src/db/client.js';
import { eraseUser } from '../../src/tasks/accounts/erase.js';
import { findTraces } from '../../src/tasks/accounts/traces.js';
import { type AccountsService, NIGHT, startAccounts } from '../support/accounts.js';

const notify = (service: AccountsService, body: string, userId: string | null = null) =>
  service.insert('notifications', {
    id: randomUUID(),
    user_id: userId,
    kind: 'x',
    severity: 'info',
    dedupe_key: `test:${randomUUID()}`,
    title: 'x',
    body,
  });

const texts = async (service: AccountsService) => [
  ...(await service.notifications()).map(({ body }) => body),
  ...(await service.messages()).filter(({ ephemeral }) => !ephemeral).map(({ text_body }) => text_body),
];

describe('what others wrote about somebody who is gone', () => {
  test('names them no more, however they spelled the name and grouped the number', async () => {
    const service = await startAccounts();
    const company = await service.company();
    const colleague = await service.user(company, { email: 'luc@exemple.fr' });
    await service.leaving(company, { name: 'Hélène Dupont', phone: '06 98 76 54 32', email: 'h@exemple.fr' });
    const written = [
      'Hélène\u00a0Dupont : 06\u202f98\u202f76\u202f54\u202f32',
      'HELENE  DUPONT : 0033 6 98 76 54 32',
      'DUPONT Hélène : +33(0)6 98 76 54 32',
      'dupont, helene : +33 (0) 6 98 76 54 32',
      `${'Hélène Dupont'.normalize('NFD')} : 06/98/76/54/32`,
      'Hélène\nDUPONT : 069 876 5432',
      'H&eacute;l&egrave;ne&nbsp;Dupont : 06&nbsp;98&nbsp;76&nbsp;54&nbsp;32',
    ];
    for (const text of written) {
      await notify(service, text, colleague);
      await service.message({ recipient: 'luc@exemple.fr', status: 'sent', text_body: text });
    }
    expect(await service.runDeletions()).toMatchObject({ status: 'succeeded', stats: { deleted: 1 } });
    expect(new Set(await texts(service))).toEqual(new Set(['[supprimé] : [supprimé]']));
  });

  test('loses no ordinary word to a name of one word, nor a longer number to a number', async () => {
    const service = await startAccounts();
    const company = await service.company();
    await service.user(company);
    await service.leaving(company, { name: 'Rose', phone: '0698765432', email: 'rose@exemple.fr' });
    const text = 'La couleur rose, réf. 10698765432 et 06987654321';
    await notify(service, text);
    await service.runDeletions();
    expect(await texts(service)).toEqual([text]);
  });
});

describe('one reading for all deletions of a run', () => {
  test('finds everybody who is named in one text, however the address is written', async () => {
    const service = await startAccounts();
    for (const email of ['a@exemple.fr', 'b@exemple.fr', "o'neil+x@exemple.fr", 'ba@exemple.fr'])
      await service.leaving(null, { email });
    await notify(
      service,
      "A@exemple.fr, ?to=b%40exemple.fr, o&#39;neil+x@exemple.fr, o'neil%2Bx%40exemple.fr, ba@exemple.fr, c@exemple.fr",
    );
    await service.runDeletions();
    expect(await texts(service)).toEqual([
      '[supprimé], ?to=[supprimé], [supprimé], [supprimé], [supprimé], c@exemple.fr',
    ]);
  });

  test('misses nothing that is written or committed between it and a deletion', async () => {
    const service = await startAccounts();
    const email = 'jeanne@exemple.fr';
    const user = await service.leaving(null, { email });
    const old = await notify(service, 'rien');
    // Begun before the reading, committed after it.
    let traces: Awaited<ReturnType<typeof findTraces>> | undefined;
    await service.db.transaction(async (tx) => {
      await rowsOf(
        tx,
        sql`
        insert into cronhook.notifications (kind, dedupe_key, title, body) values ('x', 'slow', 'x', ${email})
      `,
      );
      traces = await findTraces(service.db.rows, [user]);
    });
    await notify(service, `vu ${email}`);
    await service.db.rows(sql`update cronhook.notifications set body = ${email} where id = ${old}::uuid`);
    const { messages } = service.context;
    await service.db.transaction((tx) =>
      eraseUser(tx, user, {
        messages,
        adminEmail: undefined,
        mayCloseCompany: true,
        vault: undefined,
        now: NIGHT,
        claimed: false,
        ...(traces && { traces }),
      }),
    );
    expect((await texts(service)).sort()).toEqual(['[supprimé]', '[supprimé]', 'vu [supprimé]']);
  });
});
