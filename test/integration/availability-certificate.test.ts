import { sql } from 'drizzle-orm';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startAvailability, startPage } from '../support/availability.js';
import { addMonitor } from '../support/monitors.js';
import { createAuthority, opensslAvailable } from '../support/probe-certificates.js';
import { startSite } from '../support/probe-servers.js';

const noOpenssl = opensslAvailable() ? '' : ' (skipped: install the package openssl)';

async function start() {
  const authority = createAuthority();
  onTestFinished(() => authority.close());
  const network = { ca: authority.ca };
  const service = await startAvailability({ at: new Date().toISOString(), network });
  const secure = async (days: number) => {
    const tls = authority.issue('IP:127.0.0.1', days);
    const site = await startSite((_request, response) => response.end('hello'), { tls });
    return `https://anna:s3cret-pass@127.0.0.1:${site.port}/?token=s3cret-token`;
  };
  const id = await addMonitor(service.db, { name: 'Boutique', target: await secure(90) });
  const source = `monitor:${id}:certificate`;
  return {
    ...service,
    secure,
    /** What has become of the certificate's incidents, after a run on this target. */
    watched: async (target: string) => {
      await service.db.rows(sql`update cronhook.monitors set target = ${target}`);
      service.later(5);
      await service.watch();
      const found = (await service.incidents()).filter((incident) => incident.source === source);
      return found.map(({ severity, open }) => [severity, open]);
    },
    told: () => service.mails().filter((subject) => /certificat/i.test(subject)),
  };
}

describe.skipIf(noOpenssl)(`a certificate${noOpenssl}`, () => {
  test('that expires within 14 days is told by mail, with its date, and again once it is renewed', async () => {
    const { secure, watched, told, smtp, texts } = await start();
    expect(await watched(await secure(15))).toEqual([]);
    const soon = await secure(13);
    expect(await watched(soon)).toEqual([['important', true]]);
    expect(await watched(soon)).toEqual([['important', true]]);
    expect(told()).toHaveLength(1);
    const mail = smtp.mails.find(({ subject }) => /certificat/i.test(subject));
    expect(await mail?.text).toMatch(/12 jours/);
    expect(await watched(await secure(60))).toEqual([['important', false]]);
    expect(told()).toHaveLength(2);
    expect(texts().some((text) => /certificat/i.test(text))).toBe(false);
    // Neither credentials nor tokens of a target are anybody's to read.
    const all = await Promise.all(smtp.mails.map(({ text }) => text));
    expect(all.join('') + texts().join('')).not.toContain('s3cret');
  });

  test('that is no longer used is told of no more', async () => {
    const { secure, watched, told } = await start();
    expect(await watched(await secure(5))).toEqual([['important', true]]);
    const page = await startPage();
    expect(await watched(page.url)).toEqual([['important', false]]);
    expect(told()).toHaveLength(1);
  });

  test('that has expired is one incident: the monitor is down for it', async () => {
    const { secure, watched, incidents, told, smtp } = await start();
    const expired = await secure(-1);
    expect(await watched(expired)).toEqual([]);
    expect(await incidents()).toMatchObject([{ severity: 'critical', open: true }]);
    expect(smtp.mails).toHaveLength(1);
    expect(await smtp.mails[0]?.text).toContain('a expiré');
    expect(await watched(await secure(5))).toEqual([['important', true]]);
    expect(await watched(expired)).toEqual([['important', false]]);
    expect(told()).toHaveLength(1);
  });

  test('that a redirect leads to is told with its own host', async () => {
    const { secure, watched, db, smtp } = await start();
    const shop = new URL(await secure(5));
    const site = await startSite((_, response) => response.writeHead(302, { location: shop.href }).end());
    await db.rows(sql`update cronhook.monitors set follow_redirects = true`);
    expect(await watched(`http://localhost:${site.port}/`)).toEqual([['important', true]]);
    expect(await smtp.mails[0]?.text).toContain(`127.0.0.1 (où redirige http://localhost:${site.port}/)`);
  });
});
