import { createServer } from 'node:net';
import { sql } from 'drizzle-orm';
import nodemailer from 'nodemailer';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createApp } from '../../src/app.js';
import { DEVELOPMENT_SMTP_PORT, loadConfig } from '../../src/config.js';
import { mailPageRoutes } from '../../src/dev/mail-page.js';
import { startDevMailbox } from '../../src/dev/mail-server.js';
import { developmentRoutes } from '../../src/dev/routes.js';
import { addLokarioSample } from '../../src/dev/sample/lokario.js';
import { startTestService } from '../support/service.js';

const INJECTED = `<img src=x onerror="alert(1)">'"&`;

async function startMailbox() {
  const mailbox = await startDevMailbox({ port: 0 });
  const transport = nodemailer.createTransport({ host: '127.0.0.1', port: mailbox.port, pool: true });
  onTestFinished(async () => {
    transport.close();
    await mailbox.close();
  });
  return {
    mailbox,
    routes: mailPageRoutes({ mailbox, timeZone: 'Europe/Paris' }),
    send: (changes: Record<string, unknown> = {}) =>
      transport.sendMail({
        from: { name: 'Atelier Moreau', address: 'contact@atelier-moreau.example' },
        to: 'client@courriel.example',
        subject: 'Facture F-2041 : première relance',
        text: 'Bonjour,\nvotre facture reste due.',
        ...changes,
      }),
  };
}

const text = async (routes: ReturnType<typeof mailPageRoutes>, path: string) =>
  (await routes.request(path)).text();

describe('/dev/mail', () => {
  test('lists what was sent, newest first, for people and for curl', async () => {
    const { routes, send } = await startMailbox();
    expect(await text(routes, '/dev/mail')).toContain('No mail yet');
    await send();
    await send({ subject: 'Deuxième relance' });
    const page = await text(routes, '/dev/mail');
    expect(page.indexOf('Deuxième relance')).toBeLessThan(page.indexOf('première relance'));
    expect(page).toContain('client@courriel.example');
    expect(page).not.toContain('No mail yet');
    const { mails } = (await (await routes.request('/dev/mail.json')).json()) as { mails: unknown[] };
    expect(mails).toMatchObject([
      { id: 2, subject: 'Deuxième relance' },
      {
        id: 1,
        from: 'contact@atelier-moreau.example',
        to: ['client@courriel.example'],
        subject: 'Facture F-2041 : première relance',
        text: 'Bonjour,\nvotre facture reste due.\n',
      },
    ]);
  });

  test('shows what a mail holds as text, whatever markup its sender put there', async () => {
    const { routes, send } = await startMailbox();
    await send({
      from: { name: INJECTED, address: 'contact@atelier-moreau.example' },
      subject: `Sujet ${INJECTED}`,
      text: `Texte ${INJECTED}`,
      html: `<p>Corps</p><script>alert(2)</script>"></iframe>${INJECTED}`,
      headers: { 'X-Injected': INJECTED },
      attachments: [{ filename: `${INJECTED}.pdf`, content: 'x' }],
    });
    for (const path of ['/dev/mail', '/dev/mail/1']) {
      const page = await text(routes, path);
      expect(page).toContain('Sujet &lt;img src=x onerror=&quot;alert(1)&quot;&gt;&#39;&quot;&amp;');
      expect(page).toContain('Texte &lt;img');
      expect(page).not.toMatch(/<img|<script/);
    }
    const page = await text(routes, '/dev/mail/1');
    expect(page.match(/<iframe /g)).toHaveLength(1);
    expect(page.match(/<\/iframe>/g)).toHaveLength(1);
    expect(page).toContain('X-Injected: &lt;img');
  });

  test('shows the HTML of a mail in a frame without scripts, and loads nothing from elsewhere', async () => {
    const { routes, send } = await startMailbox();
    await send({ html: '<p>Bonjour</p><img src="https://pisteur.example/p.gif">' });
    const response = await routes.request('/dev/mail/1');
    expect(response.headers.get('content-security-policy')).toMatch(/default-src 'none'/);
    expect(response.headers.get('content-security-policy')).not.toMatch(/script-src|https?:|\*/);
    const [, sandbox, document] = /sandbox="([^"]*)" srcdoc="([^"]*)"/.exec(await response.text()) ?? [];
    expect(sandbox).not.toMatch(/allow-(scripts|same-origin|forms|top-navigation)/);
    expect(document).toMatch(
      /^&lt;meta http-equiv=&quot;Content-Security-Policy&quot; content=&quot;default-src/,
    );
    expect(document).toContain('&lt;p&gt;Bonjour&lt;/p&gt;');
  });

  test('keeps the last 200 mails', async () => {
    const { routes, mailbox, send } = await startMailbox();
    for (let number = 1; number <= 203; number += 1) await send({ subject: `Mail ${number}` });
    expect(mailbox.mails()).toHaveLength(200);
    expect(mailbox.mails()[0]?.email.subject).toBe('Mail 203');
    expect((await routes.request('/dev/mail/3')).status).toBe(404);
    expect((await routes.request('/dev/mail/4')).status).toBe(200);
  });

  test('is part of the service where it is given, and exists nowhere else', async () => {
    const { routes } = await startMailbox();
    const { context, fetch } = await startTestService();
    expect((await fetch('/dev/mail')).status).toBe(404);
    const app = createApp(context, routes);
    expect((await app.request('/dev/mail')).status).toBe(200);
    expect((await app.request('/dev/mail', { method: 'POST' })).status).toBe(405);
    const unknown = await app.request('/dev/mail/7');
    expect([unknown.status, await unknown.json()]).toMatchObject([404, { error: 'not_found' }]);
  });
});

describe('the mailbox of development', () => {
  const mailOf = (env: Record<string, string>) => {
    const config = loadConfig({
      DATABASE_URL: 'postgres://localhost/x',
      CRON_SECRET: 'x'.repeat(32),
      ...env,
    });
    return [config.SMTP_URL?.reveal(), config.MAIL_FROM];
  };
  const url = `smtp://127.0.0.1:${DEVELOPMENT_SMTP_PORT}`;

  test('is where mails go in development, and only there, unless SMTP_URL says otherwise', () => {
    expect(mailOf({ NODE_ENV: 'development' })).toEqual([url, 'Cronhook <cronhook@atelier-moreau.example>']);
    expect(mailOf({ NODE_ENV: 'development', MAIL_FROM: 'a@b.example' })).toEqual([url, 'a@b.example']);
    expect(mailOf({ NODE_ENV: 'development', SMTP_URL: 'smtp://mail:25' })).toEqual([
      'smtp://mail:25',
      undefined,
    ]);
    for (const NODE_ENV of ['test', 'production'])
      expect(mailOf({ NODE_ENV })).toEqual([undefined, undefined]);
  });

  test('is not started, and its page says why, when mails go elsewhere', async () => {
    const { context } = await startTestService({ env: { SMTP_URL: 'smtp://u:entre-nous@mail:25' } });
    const page = await text(await developmentRoutes(context), '/dev/mail');
    expect(page).toContain('SMTP_URL is set');
    expect(page).not.toMatch(/entre-nous|No mail yet/);
  });

  test('is left to the program that has its port already', async () => {
    const other = createServer();
    // Taken by a npm run dev on this machine is as good.
    await new Promise<void>((resolve) => {
      other.once('error', () => resolve()).listen(DEVELOPMENT_SMTP_PORT, '127.0.0.1', resolve);
    });
    onTestFinished(() => void other.close());
    const { context } = await startTestService({ env: { SMTP_URL: url } });
    const routes = await developmentRoutes(context);
    expect(await text(routes, '/dev/mail')).toContain(`Port ${DEVELOPMENT_SMTP_PORT} is taken`);
    expect((await routes.request('/')).headers.get('location')).toBe('/docs');
  });
});

describe('the sample data of Lokario', () => {
  const company = {
    id: '0a000000-0000-4000-8000-000000000001',
    replyTo: 'contact@atelier-moreau.example',
    owner: 'claire@atelier-moreau.example',
    admin: 'hugo@atelier-moreau.example',
    member: 'ines@atelier-moreau.example',
  };

  test('gives each task something to do, counted from the first start, and comes only once', async () => {
    let now = new Date('2026-11-21T23:30:00Z');
    const { db, context } = await startTestService({ now: () => now });
    await db.rows(sql`
      insert into cronhook.users (company_id, email, name)
      select ${company.id}::uuid, email, email
      from unnest(string_to_array(${[company.owner, company.admin, company.member].join()}, ',')) email
    `);
    await addLokarioSample(context, company);
    const all = () =>
      Promise.all([
        db.rows<{ kind: string; status: string; days: number | null }>(sql`
          select kind, status, coalesce(date '2026-11-22' - due_at, date '2026-11-22' - issued_at) as days
          from cronhook.billing_documents order by kind, days
        `),
        db.rows(sql`select priority, (extract(epoch from due_at - ${now.toISOString()}::timestamptz) / 3600)::int as hours
          from cronhook.todos order by due_at`),
        db.rows(
          sql`select name, location from cronhook.appointments join cronhook.users on users.id = user_id`,
        ),
        db.rows(
          sql`select email from cronhook.users where deletion_scheduled_at < ${now.toISOString()}::timestamptz`,
        ),
      ]);
    const [documents, todos, appointments, leaving] = await all();
    expect(documents.map(({ kind, status, days }) => `${kind} ${status} ${days}`)).toEqual([
      'invoice sent -20',
      'invoice sent 4',
      'invoice sent 12',
      'invoice paid 18',
      'invoice sent 25',
      'invoice sent 120',
      'quote sent 5',
    ]);
    expect(todos).toEqual([
      { priority: 'normal', hours: -48 },
      { priority: 'critical', hours: 5 },
      { priority: 'low', hours: 144 },
    ]);
    expect(appointments).toMatchObject([{ name: company.owner }]);
    expect(leaving).toEqual([{ email: 'paul@atelier-moreau.example' }]);

    await db.rows(sql`delete from cronhook.users where email = 'paul@atelier-moreau.example'`);
    now = new Date('2026-12-24T08:00:00Z');
    await addLokarioSample(context, company);
    expect((await all())[0]).toHaveLength(7);
    expect((await all())[3]).toEqual([]);
  });
});
