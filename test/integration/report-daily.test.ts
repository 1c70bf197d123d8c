import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/folder.js';
import { seedBusiness, startReports } from '../support/reports.js';
import { runProgram } from '../support/run-process.js';
import { spaced } from '../unit/messages/look.js';

/** A Sunday, 8 o'clock in Paris. */
const NOW = '2026-11-22T07:00:00Z';
const NEXT_DAY = '2026-11-23T07:00:00Z';

const start = async (options: Partial<Parameters<typeof startReports>[0]> = {}) => {
  const service = await startReports({ now: NOW, ...options });
  await seedBusiness(service.db, '2026-10-20T06:00:00Z', '2026-11-24T06:00:00Z');
  return service;
};

describe('report-daily', () => {
  it('tells yesterday’s numbers beside those of the day before and of the same day last week', async () => {
    const service = await start();
    expect(await service.run('daily')).toMatchObject({
      status: 'succeeded',
      stats: { period: '2026-11-21', queued: 1, sent: 1, copies: 1 },
    });
    const counts = await service.db.rows<{ day: string; leads: number; cents: number }>(sql`
      select day::text, (select count(*)::int from cronhook.leads where (created_at at time zone 'Europe/Paris')::date = day) as leads,
        (select sum(amount_cents)::int from cronhook.payments
          where status = 'succeeded' and (created_at at time zone 'Europe/Paris')::date = day) as cents
      from unnest('{2026-11-21,2026-11-20,2026-11-14}'::date[]) as day order by day desc
    `);
    const [mail] = service.smtp.mails;
    expect(mail?.to).toEqual(['fondatrice@example.fr']);
    const text = spaced((await mail?.text) ?? '');
    const [own, before, weekBefore] = counts.map(({ leads }) => leads);
    expect(text).toMatch(
      new RegExp(
        `Nouveaux leads : ${own} ven. 20 : ${before} \\([^)]*\\) sam. 14 : ${weekBefore} \\([^)]*\\) - Nouveaux essais`,
      ),
    );
    const euros = Math.round((counts[0]?.cents ?? 0) / 100);
    expect(spaced(mail?.subject ?? '')).toMatch(new RegExp(`^Samedi 21 novembre : .*${euros} € encaissés$`));
    expect(text).toMatch(/^Rapport du samedi 21 novembre Hier, .* encaissés : .* le samedi précédent/);
  });

  it('is sent once a day, however many call and however often', async () => {
    const service = await start();
    const answers = await Promise.all(Array.from({ length: 10 }, () => service.run('daily')));
    expect(answers.filter(({ status }) => status === 'succeeded')).toHaveLength(1);
    for (const time of ['2026-11-22T07:05:00Z', '2026-11-22T22:59:00Z']) {
      service.clock.now = new Date(time);
      expect(await service.run('daily')).toMatchObject({
        status: 'skipped',
        message: expect.stringContaining('Le rapport du samedi 21 novembre est déjà parti'),
      });
    }
    service.clock.now = new Date('2026-11-22T23:00:00Z');
    expect(await service.run('daily')).toMatchObject({ stats: { period: '2026-11-22', sent: 1 } });
    expect(service.smtp.mails).toHaveLength(2);
  });

  it('is sent again by force, and its copy written anew', async () => {
    const service = await start();
    await service.run('daily');
    expect(await service.run('daily', '&force=true')).toMatchObject({ stats: { sent: 1, copies: 1 } });
    expect(service.smtp.mails).toHaveLength(2);
    expect((await service.run('daily')).status).toBe('skipped');
    expect(await service.keys()).toEqual(['reports/daily/2026/2026-11-21.html']);
  });

  it('tells only of yesterday when nobody has called for days', async () => {
    const service = await start();
    await service.run('daily');
    service.clock.now = new Date('2026-11-26T07:00:00Z');
    expect(await service.run('daily')).toMatchObject({ stats: { period: '2026-11-25', sent: 1 } });
    expect(await service.messages()).toHaveLength(2);
  });

  it('says what needs attention, the worst first, and which tasks have failed', async () => {
    const service = await start();
    const { db } = service;
    await db.rows(sql`insert into cronhook.incidents (source, severity, title, details, opened_at, last_seen_at) values
      ('business:no-leads', 'important', 'Aucun lead', '{}', '2026-11-21T06:00Z', '2026-11-22T06:00Z'),
      ('monitor:1', 'critical', 'Le site ne répond plus', '{"message": "HTTP 503"}', '2026-11-22T05:30Z', '2026-11-22T06:00Z')`);
    await db.rows(sql`insert into cronhook.task_runs (task, status, trigger, host, started_at, finished_at, message, stats, dry_run) values
      ('backup', 'failed', 'http', 'h', '2026-11-21T14:30Z', '2026-11-21T14:30Z', 'Le bucket est plein', '{}', false),
      ('backup', 'succeeded', 'http', 'h', '2026-11-22T05:30Z', '2026-11-22T05:31Z', 'ok', '{}', false),
      ('wealth', 'lost', 'http', 'h', '2026-11-22T02:15Z', '2026-11-22T02:20Z', 'perdue', '{}', false),
      ('pricing', 'failed', 'http', 'h', '2026-11-22T02:15Z', '2026-11-22T02:20Z', 'essai', '{}', true),
      ('outbox', 'failed', 'http', 'h', '2026-11-20T02:15Z', '2026-11-20T02:20Z', 'ancienne', '{}', false),
      ('backup-verify', 'succeeded', 'http', 'h', '2026-10-01T04:00Z', '2026-10-01T04:10Z', 'ok', '{"verified": true}', false)`);
    await db.rows(sql`insert into cronhook.outbox_messages (task, dedupe_key, recipient, text_body, status, attempts, next_attempt_at) values
      ('t', 'a', 'a@example.com', 'x', 'pending', 5, '2026-11-22T12:00Z'),
      ('t', 'b', 'b@example.com', 'x', 'pending', 0, '2026-11-23T08:00Z'),
      ('t', 'c', 'c@example.com', 'x', 'failed', 9, '2026-11-22T01:00Z'),
      ('t', 'd', 'd@example.com', 'x', 'failed', 9, '2026-11-01T01:00Z')`);
    await service.run('daily');
    const text = spaced((await service.smtp.mails[0]?.text) ?? '');
    const titles = [
      '- Le site ne répond plus Depuis 1 heure et 30 minutes (dimanche 22 novembre 2026 à 06:30) HTTP 503',
      '- Aucun lead Depuis 1 jour et 1 heure',
      '- Un message attend depuis longtemps',
      '- La dernière sauvegarde vérifiée l’a été il y a 52 jours et 2 heures',
      '- Un message a été refusé',
      'Acquisition',
      '- wealth Un échec, pas encore rétablie Dernier message : perdue',
      '- backup Un échec, rétablie depuis Dernier message : Le bucket est plein',
      'Dernière sauvegarde : le dimanche 22 novembre 2026 à 06:31.',
    ];
    const places = titles.map((title) => text.indexOf(title));
    expect(places, text).toEqual([...places].sort((a, b) => a - b));
    expect(places[0]).toBeGreaterThan(0);
    expect(text).toMatch(/\d+ points demandent votre attention/);
    expect(text).not.toMatch(/essai - |ancienne|pricing/);
  });

  it('shows what it would send, and writes nothing: no run, no message, no copy', async () => {
    const service = await start({ env: { SMTP_URL: '', MAIL_FROM: '' } });
    const answer = await service.call('/reports/daily?preview=true');
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toMatch(/^text\/html/);
    expect(answer.headers.get('content-security-policy')).toContain('img-src data:');
    const page = await answer.text();
    expect(page).toContain('<h1');
    // Nothing has counted yet: no number, and no zero either.
    expect(spaced(page)).toContain('Les chiffres d’hier ne sont pas encore connus.');
    expect(page).not.toContain('Nouveaux leads');
    const [counts] = await service.db.rows(sql`
      select (select count(*)::int from cronhook.task_runs) as runs, (select count(*)::int from cronhook.outbox_messages) as messages,
        (select count(*)::int from cronhook.statistics) as numbers
    `);
    expect(counts).toEqual({ runs: 0, messages: 0, numbers: 0 });
    expect(await service.keys()).toEqual([]);
    expect((await service.fetch('/reports/daily?preview=true')).status).toBe(403);
    expect((await service.call('/reports/daily?preview=maybe')).status).toBe(400);
  });

  it('shows the same in a terminal', async () => {
    const { databaseUrl } = await start();
    const env = { DATABASE_URL: databaseUrl, LOCALE: 'en' };
    const [code, printed] = await runProgram(['run', 'report-daily', '--preview'], env);
    expect(code, printed).toBe(0);
    expect(printed).toMatch(/^<!doctype html>\n<html lang="en">/m);
    const [other, refused] = await runProgram(['run', 'outbox', '--preview'], env);
    expect(other).toBe(1);
    expect(refused).toContain('outbox has no preview');
  });

  it('only tells in a dry run what it would send', async () => {
    const service = await start();
    expect(await service.run('daily', '&dryRun=true')).toMatchObject({
      status: 'succeeded',
      details: [{ item: 'report-daily', action: 'send', period: '2026-11-21', to: 'fondatrice@example.fr' }],
    });
    expect(await service.messages()).toEqual([]);
    expect(service.smtp.mails).toHaveLength(0);
  });

  it('waits in the outbox while the mail server is away, and goes out once', async () => {
    const service = await start();
    await service.smtp.down();
    expect(await service.run('daily')).toMatchObject({
      status: 'partial',
      message: expect.stringContaining('n’est pas encore parti'),
      errors: [{ item: 'SMTP' }],
    });
    await service.smtp.up();
    expect(await service.run('daily')).toMatchObject({ status: 'succeeded', stats: { queued: 0, sent: 1 } });
    expect((await service.run('daily')).status).toBe('skipped');
    expect(service.smtp.mails).toHaveLength(1);
  });

  it('goes out while the storage is away, and its copy is made up the next day', async () => {
    const folder = await temporaryFolder();
    const storageFolder = join(folder, 'blocked');
    await writeFile(storageFolder, 'a file where a folder should be');
    const service = await start({ storageFolder });
    expect(await service.run('daily')).toMatchObject({
      status: 'partial',
      stats: { sent: 1, copies: 0 },
      errors: [{ item: 'storage' }],
    });
    await rm(storageFolder);
    service.clock.now = new Date(NEXT_DAY);
    expect(await service.run('daily')).toMatchObject({ status: 'succeeded', stats: { sent: 1, copies: 2 } });
    expect(await service.keys()).toEqual([
      'reports/daily/2026/2026-11-21.html',
      'reports/daily/2026/2026-11-22.html',
    ]);
  });

  it('keeps its copies for twelve months, and removes nothing that is no daily report', async () => {
    const service = await start();
    const others = [
      'reports/daily/notes.html',
      'reports/weekly/2020/2020-W10.html',
      'backups/2020-01-01.html',
    ];
    const old = ['reports/daily/2024/2024-12-31.html', 'reports/daily/2025/2025-11-21.html'];
    const young = ['reports/daily/2025/2025-11-22.html', 'reports/daily/2026/2026-11-20.html'];
    for (const key of [...others, ...old, ...young])
      await service.storage.put(key, 'x', { contentType: 'text/html' });
    expect(await service.run('daily')).toMatchObject({ stats: { removed: 2, copies: 1 } });
    expect(new Set(await service.keys())).toEqual(
      new Set([...others, ...young, 'reports/daily/2026/2026-11-21.html']),
    );
  });

  it('goes out without what a broken table should have told, and names it', async () => {
    const service = await start();
    await service.db.rows(sql`drop table cronhook.support_tickets`);
    const answer = await service.run('daily');
    expect(answer).toMatchObject({ status: 'partial', stats: { sent: 1 } });
    expect(answer.errors.map(({ item }) => item).sort()).toEqual(['customers', 'statistics']);
    const text = spaced((await service.smtp.mails[0]?.text) ?? '');
    expect(text).toContain('Tâches et sauvegardes');
    expect(text).toContain('Impossible de lire les tickets, les retards de paiement et les essais');
  });

  it('lacks ADMIN_EMAIL where nobody is named', async () => {
    const service = await startReports({ now: NOW, env: { ADMIN_EMAIL: '' } });
    const answer = await service.call('/reports/daily');
    expect(answer.status).toBe(503);
    expect(await answer.text()).toContain('ADMIN_EMAIL');
  });
});
