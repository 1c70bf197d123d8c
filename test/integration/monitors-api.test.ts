import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { startAvailability, startPage } from '../support/availability.js';
import { addChecks, addMonitor } from '../support/monitors.js';
import type { TestService } from '../support/service.js';

const PATH = '/monitors';
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

interface Shown {
  id: string;
  name: string;
  state: string;
  target: string;
  [field: string]: unknown;
}

function api({ call }: TestService) {
  const send = (method: string, path: string, body?: unknown) =>
    call(path, {
      method,
      ...(body !== undefined && {
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json' },
      }),
    });
  return {
    send,
    post: (body: unknown) => send('POST', PATH, body),
    add: async (body: Record<string, unknown>) =>
      (await (await send('POST', PATH, { kind: 'http', name: 'Site', ...body })).json()) as Shown,
    one: async (id: string) => (await (await call(`${PATH}/${id}`)).json()) as Shown,
    page: async (query = '') => {
      const text = await (await call(`${PATH}${query}`)).text();
      return { text, ...(JSON.parse(text) as { monitors: Shown[]; nextAfter: string | null }) };
    },
  };
}

async function start() {
  const service = await startAvailability();
  return { ...service, ...api(service as unknown as TestService) };
}

describe('POST /monitors', () => {
  test('adds a monitor with the defaults of the contract, which the next run checks', async () => {
    const { post, one, watch, db } = await start();
    const page = await startPage();
    const response = await post({ name: 'Boutique', kind: 'http', target: page.url });
    expect(response.status).toBe(201);
    const added = (await response.json()) as Shown;
    expect(response.headers.get('location')).toBe(`${PATH}/${added.id}`);
    expect(added).toEqual({
      ...{ id: added.id, name: 'Boutique', kind: 'http', target: page.url, expectedStatus: 200 },
      ...{ timeoutMs: 10_000, keyword: null, followRedirects: false, severity: 'critical', enabled: true },
      ...{ state: 'unknown', since: null, lastCheck: null, certificateExpiresAt: null },
      ...{ uptime: { day: null, week: null, month: null, quarter: null } },
      ...{ latency: { p50Ms: null, p95Ms: null } },
    });
    await watch();
    expect(await one(added.id)).toMatchObject({ state: 'up', lastCheck: { ok: true, error: null } });
    expect(await db.rows(sql`select enabled from cronhook.monitors`)).toEqual([{ enabled: true }]);
  });

  const good = { name: 'A', kind: 'http', target: 'https://example.com/' };
  const wrong: [string, Record<string, unknown>][] = [
    ['name', { name: '' }],
    ['name', { name: 'x'.repeat(201) }],
    ['name', { name: ' \u00a0 ' }],
    ['name', { name: undefined }],
    ['kind', { kind: 'ping' }],
    ['target', { target: 'ftp://example.com/' }],
    ['target', { target: 'example.com' }],
    ['target', { target: 'http://169.254.169.254/latest/' }],
    ['target', { target: 'http://[::ffff:169.254.169.254]/' }],
    ['target', { target: 'http://metadata/computeMetadata/v1/' }],
    ['target', { target: 'https://anna:***@example.com/' }],
    ['target', { kind: 'tcp', target: 'metadata.azure.internal:80' }],
    ['target', { kind: 'tcp', target: 'https://example.com/' }],
    ['target', { kind: 'tcp', target: '169.254.169.254:80' }],
    ['expectedStatus', { expectedStatus: 99 }],
    ['expectedStatus', { expectedStatus: 600 }],
    ['timeoutMs', { timeoutMs: 999 }],
    ['timeoutMs', { timeoutMs: 60_001 }],
    ['keyword', { keyword: '' }],
    ['followRedirects', { followRedirects: 'oui' }],
    ['severity', { severity: 'fatal' }],
    ['enabled', { enabled: 1 }],
    ['expected_status', { expected_status: 200 }],
  ];
  test('names the field that is wrong, and stores nothing; a PATCH alike', async () => {
    const { post, send, add, one, db } = await start();
    for (const [field, changes] of wrong) {
      const response = await post({ ...good, ...changes });
      const answer = (await response.json()) as { error: string; message: string };
      expect([response.status, answer.error], field).toEqual([400, 'invalid_parameters']);
      expect(answer.message).toContain(field);
    }
    expect(await db.rows(sql`select from cronhook.monitors`)).toEqual([]);
    const { id } = await add(good);
    const before = await one(id);
    for (const [field, changes] of wrong) {
      if (Object.values(changes).includes(undefined)) continue;
      const response = await send('PATCH', `${PATH}/${id}`, changes);
      expect(response.status, field).toBe(400);
      expect(((await response.json()) as { message: string }).message).toContain(field);
    }
    expect(await one(id)).toEqual(before);
  });

  test('needs the secret, as the others do', async () => {
    const { fetch, add, one } = await start();
    const { id } = await add(good);
    for (const [method, path] of [
      ['POST', PATH],
      ['GET', PATH],
      ['GET', `${PATH}/${id}`],
      ['PATCH', `${PATH}/${id}`],
      ['DELETE', `${PATH}/${id}`],
    ] as const)
      expect((await fetch(path, { method })).status, method).toBe(403);
    expect((await one(id)).id).toBe(id);
  });
});

describe('GET /monitors', () => {
  test('tells up, failing, down, unknown and switched off apart, and since when', async () => {
    const { db, now, page } = await start();
    const at = (minutes: number) => now().getTime() - minutes * MINUTE;
    const iso = (minutes: number) => new Date(at(minutes)).toISOString();
    const add = (name: string, given = {}) => addMonitor(db, { name, ...given });
    const check = (monitor_id: string, minutes: number, ok: boolean) => ({ monitor_id, at: at(minutes), ok });
    const up = await add('1 up');
    const failing = await add('2 failing');
    const down = await add('3 down');
    await add('4 new');
    const silent = await add('5 silent');
    const off = await add('6 off', { enabled: false });
    await addChecks(db, [
      ...[check(up, 21, true), check(up, 16, false), check(up, 11, true), check(up, 1, true)],
      ...[check(failing, 6, true), check(failing, 2, false), check(failing, 1, false)],
      ...[check(down, 30, false), check(down, 1, false), check(silent, 11, true), check(off, 1, true)],
    ]);
    await db.rows(sql`
      insert into cronhook.incidents (source, severity, title, opened_at, last_seen_at)
      values (${`monitor:${down}`}, 'critical', 'down', ${iso(29)}::timestamptz, ${iso(1)}::timestamptz)
    `);
    const { monitors } = await page();
    expect(monitors.map(({ name, state, since }) => [name, state, since])).toEqual([
      ['1 up', 'up', iso(11)],
      ['2 failing', 'failing', iso(2)],
      ['3 down', 'down', iso(29)],
      ['4 new', 'unknown', null],
      ['5 silent', 'unknown', null],
      ['6 off', 'disabled', null],
    ]);
  });

  test('finds since when it is up behind months of lines of days', async () => {
    const { db, now, one, watch } = await start();
    const page = await startPage();
    const id = await addMonitor(db, { target: page.url });
    const first = now().getTime() - 80 * DAY;
    const checks = Array.from({ length: 80 * 24 }, (_, hour) => ({
      ...{ monitor_id: id, at: first + hour * 60 * MINUTE, ok: hour !== 500 },
    }));
    await addChecks(db, checks);
    const wanted = new Date(first + 501 * 60 * MINUTE).toISOString();
    await watch();
    expect(await one(id)).toMatchObject({ state: 'up', since: wanted });
    for (let week = 0; week < 12; week++) await watch();
    const lines = await db.rows(sql`select from cronhook.monitor_days`);
    expect(lines.length).toBeGreaterThan(70);
    expect(await one(id)).toMatchObject({ state: 'up', since: wanted });
  });

  test('reckons uptime over 24 hours, 7, 30 and 90 days, and latency over the good checks of a day', async () => {
    const { db, now, one } = await start();
    const id = await addMonitor(db, {});
    const every = 5 * MINUTE;
    const checks = Array.from({ length: (95 * DAY) / every }, (_, n) => {
      const ago = n * every;
      // Down for 6 hours of today, a day 5 days ago, another 20 days ago, and ten of 40 days ago.
      const days = ago / DAY;
      const bad =
        days < 0.25 || (days >= 5 && days < 6) || (days >= 20 && days < 21) || (days >= 40 && days < 50);
      return {
        monitor_id: id,
        at: now().getTime() - every - ago,
        ok: !bad,
        latency_ms: bad ? 9_999 : 100 + (n % 100),
      };
    });
    for (let from = 0; from < checks.length; from += 5_000)
      await addChecks(db, checks.slice(from, from + 5_000));
    const { uptime, latency } = (await one(id)) as Shown & {
      uptime: Record<string, number>;
      latency: { p50Ms: number; p95Ms: number };
    };
    expect(uptime.day).toBeCloseTo(0.75, 2);
    expect(uptime.week).toBeCloseTo(1 - 1.25 / 7, 2);
    expect(uptime.month).toBeCloseTo(1 - 2.25 / 30, 2);
    expect(uptime.quarter).toBeCloseTo(1 - 12.25 / 90, 2);
    expect(latency.p50Ms).toBeGreaterThan(130);
    expect(latency.p50Ms).toBeLessThan(170);
    expect(latency.p95Ms).toBeGreaterThan(185);
    expect(latency.p95Ms).toBeLessThan(200);
  });

  test('is read without compiling: that would take seconds for look-ups of milliseconds', async () => {
    const { db, one, page, now } = await start();
    const id = await addMonitor(db, {});
    await addChecks(db, [{ monitor_id: id, at: now().getTime() - MINUTE, ok: true, latency_ms: 3 }]);
    await db.rows(sql`
      create function cronhook.not_compiled() returns boolean language plpgsql as $$ begin
        if current_setting('jit') <> 'off' then raise 'compiled'; end if;
        return true;
      end $$
    `);
    await db.rows(sql`alter table cronhook.monitor_checks rename to all_checks`);
    await db.rows(sql`
      create view cronhook.monitor_checks as select * from cronhook.all_checks where cronhook.not_compiled()
    `);
    expect(await one(id)).toMatchObject({ state: 'up', uptime: { day: 1 } });
    expect((await page()).monitors).toMatchObject([{ state: 'up' }]);
  });

  test('shows all, page by page, each below 8 KB however long the texts are', async () => {
    const { db, page } = await start();
    for (let n = 0; n < 45; n++)
      await addMonitor(db, {
        name: n % 2 ? 'é'.repeat(200) : `Site ${n}`,
        target: `https://example.com/${'é'.repeat(n % 3 ? 10 : 900)}`,
        keyword: 'ü'.repeat(200),
      });
    const seen: string[] = [];
    let after: string | null = null;
    do {
      const answer = await page(`?limit=20${after ? `&after=${after}` : ''}`);
      expect(Buffer.byteLength(answer.text)).toBeLessThan(8_192);
      seen.push(...answer.monitors.map(({ id }) => id));
      after = answer.nextAfter;
    } while (after);
    expect([seen.length, new Set(seen).size]).toEqual([45, 45]);
  });

  test('refuses parameters that make no sense, and a page behind a monitor that is gone', async () => {
    const { call } = await start();
    for (const query of ['limit=0', 'limit=51', 'after=x', 'name=a'])
      expect((await call(`${PATH}?${query}`)).status, query).toBe(400);
    const gone = await call(`${PATH}?after=${randomUUID()}`);
    expect([gone.status, await gone.json()]).toEqual([
      400,
      expect.objectContaining({
        error: 'invalid_parameters',
        message: expect.stringContaining('reprenez à la première page'),
      }),
    ]);
  });

  test('never shows the password of a target, and keeps it when what was shown comes back', async () => {
    const { add, send, one, page, db, log } = await start();
    const { id, target } = await add({ target: 'https://anna:s3cret-pass@example.com/a' });
    expect(target).toBe('https://anna:***@example.com/a');
    expect(await (await send('PATCH', `${PATH}/${id}`, { name: 'Autre', target })).json()).toMatchObject({
      name: 'Autre',
      target,
    });
    expect(await db.rows(sql`select target from cronhook.monitors`)).toEqual([
      { target: 'https://anna:s3cret-pass@example.com/a' },
    ]);
    expect(JSON.stringify(await one(id)) + (await page()).text + log()).not.toContain('s3cret-pass');
  });

  test('keeps the password on another path of the same host and user, and asks for it elsewhere', async () => {
    const { add, send, db } = await start();
    const { id } = await add({ target: 'https://anna:s3cret%20pass@example.com:8443/a?b=1' });
    const stored = async () =>
      (await db.rows<{ target: string }>(sql`select target from cronhook.monitors`))[0];
    const patch = (target: string) => send('PATCH', `${PATH}/${id}`, { target });
    expect((await patch('https://anna:***@EXAMPLE.com:8443/other?c=2')).status).toBe(200);
    expect(await stored()).toEqual({ target: 'https://anna:s3cret%20pass@example.com:8443/other?c=2' });
    for (const target of [
      'http://anna:***@example.com:8443/',
      'https://anna:***@example.com/',
      'https://anna:***@evil.example:8443/',
      'https://berta:***@example.com:8443/',
    ]) {
      const response = await patch(target);
      expect([target, response.status]).toEqual([target, 400]);
      expect(((await response.json()) as { message: string }).message).toContain('mot de passe');
    }
    expect(await stored()).toEqual({ target: 'https://anna:s3cret%20pass@example.com:8443/other?c=2' });
    expect((await patch('https://example.com:8443/open')).status).toBe(200);
    expect(await stored()).toEqual({ target: 'https://example.com:8443/open' });
  });

  test('stores names and targets without the spaces around them', async () => {
    const { add, db } = await start();
    expect(await add({ name: ' Site ', target: ' https://example.com/ ' })).toMatchObject({ name: 'Site' });
    expect(await db.rows(sql`select name, target from cronhook.monitors`)).toEqual([
      { name: 'Site', target: 'https://example.com/' },
    ]);
  });
});

describe('PATCH and DELETE /monitors/{id}', () => {
  test('change what is given and nothing else', async () => {
    const { add, send, one } = await start();
    const before = await add({ target: 'https://example.com/', keyword: 'ok', severity: 'info' });
    const changes = { timeoutMs: 5_000, keyword: null, followRedirects: true };
    const response = await send('PATCH', `${PATH}/${before.id}`, changes);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ ...before, ...changes });
    expect(await (await send('PATCH', `${PATH}/${before.id}`, {})).json()).toEqual({ ...before, ...changes });
    // The target must suit the kind, whichever of them changes.
    expect((await send('PATCH', `${PATH}/${before.id}`, { kind: 'tcp' })).status).toBe(400);
    const port = { kind: 'tcp', target: 'db.example.com:5432' };
    expect((await send('PATCH', `${PATH}/${before.id}`, port)).status).toBe(200);
    expect(await one(before.id)).toMatchObject(port);
  });

  test('end the incidents of what is switched off or removed without a word; checks go with the monitor', async () => {
    const { add, send, db, watch, later, smtp, incidents } = await start();
    const page = await startPage(500);
    const [off, gone] = [await add({ target: page.url }), await add({ target: page.url, name: 'Autre' })];
    later(-24 * 60);
    await addChecks(db, [{ monitor_id: gone.id, at: Date.parse('2026-11-18T10:00:00Z'), ok: true }]);
    await watch();
    const told = smtp.mails.length;
    expect((await incidents()).map(({ open }) => open)).toEqual([true, true]);
    await send('PATCH', `${PATH}/${off.id}`, { enabled: false });
    const response = await send('DELETE', `${PATH}/${gone.id}`);
    expect([response.status, await response.text()]).toEqual([204, '']);
    expect((await incidents()).map(({ open }) => open)).toEqual([false, false]);
    for (const table of ['monitor_checks', 'monitor_days'])
      expect(
        await db.rows(sql`select from ${sql.raw(`cronhook.${table}`)} where monitor_id = ${gone.id}::uuid`),
      ).toEqual([]);
    later(5);
    await watch();
    expect(smtp.mails).toHaveLength(told);
  });

  test('work on a table that the team has replaced by a view', async () => {
    const { add, send, one, db } = await start();
    await db.rows(sql`alter table cronhook.monitors rename to team_monitors`);
    await db.rows(sql`create view cronhook.monitors as select * from cronhook.team_monitors`);
    const { id } = await add({ target: 'https://example.com/' });
    expect((await send('PATCH', `${PATH}/${id}`, { name: 'Autre', enabled: false })).status).toBe(200);
    expect(await one(id)).toMatchObject({ name: 'Autre', state: 'disabled' });
    expect((await send('DELETE', `${PATH}/${id}`)).status).toBe(204);
    expect(await db.rows(sql`select from cronhook.team_monitors`)).toEqual([]);
  });

  test('answer 404 for what is not there, and 405 for other methods', async () => {
    const { send } = await start();
    for (const id of [randomUUID(), 'x']) {
      expect((await send('GET', `${PATH}/${id}`)).status).toBe(404);
      expect((await send('PATCH', `${PATH}/${id}`, { name: 'A' })).status).toBe(404);
      expect((await send('DELETE', `${PATH}/${id}`)).status).toBe(404);
    }
    const response = await send('PUT', PATH, {});
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST, GET, HEAD']);
  });
});
