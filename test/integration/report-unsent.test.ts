import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { startReports } from '../support/reports.js';

const NOW = '2026-11-23T08:00:00Z';

const suppress = ({ db }: Awaited<ReturnType<typeof startReports>>) =>
  db.rows(
    sql`insert into cronhook.suppressed_addresses (address, reason) values ('fondatrice@example.fr', 'test')`,
  );

describe('a report that the administrator did not get', () => {
  it('is not said to be sent when ADMIN_EMAIL gets nothing, nor by the next call', async () => {
    const service = await startReports({ now: NOW });
    await suppress(service);
    for (let call = 0; call < 2; call++) {
      expect(await service.run('daily')).toMatchObject({
        status: 'partial',
        message: expect.stringMatching(/n’est pas parti : ADMIN_EMAIL est dans suppressed_addresses/),
        errors: [{ item: 'ADMIN_EMAIL', message: expect.stringContaining('force=true') }],
      });
    }
    expect(await service.run('daily', '&dryRun=true')).toMatchObject({ status: 'partial' });
    await service.db.rows(sql`delete from cronhook.suppressed_addresses`);
    expect(await service.run('daily', '&force=true')).toMatchObject({
      status: 'succeeded',
      message: 'Rapport quotidien envoyé avec succès',
    });
    expect(await service.run('daily')).toMatchObject({ status: 'skipped' });
    const messages = await service.messages();
    expect(messages.map(({ status }) => status)).toEqual(['suppressed', 'sent']);
  });

  it('is not said to be sent when the mail server refused it, nor by the next call', async () => {
    const service = await startReports({ now: NOW });
    service.smtp.onRcpt = () => ({ code: 550, message: '5.7.1 go away' });
    const first = await service.run('weekly');
    expect(first).toMatchObject({ status: 'partial', stats: { mail: 'failed', sent: 0, refused: 1 } });
    expect(first.errors.map(({ item }) => item)).toEqual(['fondatrice@example.fr', 'ADMIN_EMAIL']);
    expect(first.message).not.toContain('succès');
    expect(await service.run('weekly')).toMatchObject({
      status: 'partial',
      message: expect.stringContaining('le serveur de courrier l’a refusé. Vérifiez ADMIN_EMAIL'),
      errors: [{ item: 'ADMIN_EMAIL', message: expect.stringContaining('go away') }],
    });
  });

  it('waits while the mail server is away, and the answer says so until it has gone', async () => {
    const service = await startReports({ now: NOW });
    service.smtp.onRcpt = () => ({ code: 451, message: '4.3.0 later' });
    expect(await service.run('daily')).toMatchObject({
      status: 'partial',
      message: expect.stringContaining('n’est pas encore parti'),
      errors: [{ item: 'fondatrice@example.fr' }],
    });
    // It is not tried again at once.
    expect(await service.run('daily')).toMatchObject({
      status: 'partial',
      stats: { mail: 'pending' },
      errors: [{ item: 'ADMIN_EMAIL' }],
    });
    service.smtp.onRcpt = undefined;
    service.clock.now = new Date('2026-11-23T08:05:00Z');
    expect(await service.run('daily')).toMatchObject({ status: 'succeeded', stats: { queued: 0, sent: 1 } });
  });
});
