import { lookup } from 'node:dns/promises';
import { expect, test } from 'vitest';
import { createProber, type ProbeResult, type ProbeTarget } from '../../src/clients/probe.js';
import { en } from '../../src/locales/en.js';
import { startDns } from '../support/dns.js';
import { aTarget, ipv6Available, startSite } from '../support/probe-servers.js';

const never = () => new AbortController().signal;
const said = ({ error }: ProbeResult) => error?.(en);

/** Checks by names that `startDns` answers for. */
function checker(server: string) {
  const prober = createProber({ dnsServers: [server] });
  return (target: string, given: Partial<ProbeTarget> = {}) => prober.check(aTarget(target, given), never());
}

test('a name is looked up, and how long that took is told', async () => {
  const hosts: unknown[] = [];
  const site = await startSite(({ headers }, response) => {
    hosts.push(headers.host);
    response.end();
  });
  const { server } = await startDns({
    'shop.example': ['127.0.0.1'],
    'xn--exmple-cua.example': ['127.0.0.1'],
  });
  const check = checker(server);
  expect(await check(`http://shop.example:${site.port}/`)).toMatchObject({
    ok: true,
    dnsMs: expect.any(Number),
  });
  expect(await check(`shop.example:${site.port}`)).toMatchObject({ ok: true, dnsMs: expect.any(Number) });
  expect(await check(`http://exämple.example:${site.port}/`)).toMatchObject({ ok: true });
  expect(hosts).toEqual([`shop.example:${site.port}`, `xn--exmple-cua.example:${site.port}`]);
});

test.skipIf(!ipv6Available())('an address that is dead costs nothing where another one lives', async () => {
  const site = await startSite((_, response) => response.end(), { host: '::1' });
  const { server } = await startDns({ 'two.example': ['127.0.0.1', '::1'], 'six.example': ['::1'] });
  const check = checker(server);
  expect(await check(`http://two.example:${site.port}/`)).toMatchObject({ ok: true });
  expect(await check(`http://six.example:${site.port}/`)).toMatchObject({ ok: true });
});

test('a name that does not exist, one without addresses and a broken zone are told apart', async () => {
  const { server } = await startDns({ 'empty.invalid': [], 'broken.example': 'broken' });
  const check = checker(server);
  const unknown = await check('http://nowhere.invalid/', { timeoutMs: 30_000 });
  expect(said(unknown)).toMatch(/^The name nowhere\.invalid has no address/);
  expect(unknown).toMatchObject({ ok: false, answered: true, dnsMs: null, latencyMs: null });
  expect(said(await check('empty.invalid:80', { timeoutMs: 30_000 }))).toMatch(
    /^The name empty\.invalid has/,
  );
  const broken = await check('http://broken.example/', { timeoutMs: 30_000 });
  expect(said(broken)).toMatch(/^DNS does not answer for broken\.example \(ESERVFAIL\)/);
  expect(broken).toMatchObject({ ok: false, answered: false, place: 'public' });
});

test('a name server that hangs for one name hangs no other check, nor any lookup of the process', async () => {
  const site = await startSite((_, response) => response.end());
  const names = Array.from({ length: 40 }, (_, index) => `slow${index}.example`);
  const { server } = await startDns({
    ...Object.fromEntries(names.map((name) => [name, 'hang' as const])),
    'quick.example': ['127.0.0.1'],
  });
  const controller = new AbortController();
  const prober = createProber({ dnsServers: [server] });
  let hanging = names.length;
  const slow = names.map((name) =>
    prober.check(aTarget(`http://${name}/`, { timeoutMs: 60_000 }), controller.signal).finally(() => {
      hanging -= 1;
    }),
  );
  const quick = aTarget(`http://quick.example:${site.port}/`, { timeoutMs: 60_000 });
  expect(await prober.check(quick, controller.signal)).toMatchObject({ ok: true });
  await lookup('localhost');
  expect(hanging).toBe(40);
  controller.abort(new Error('the run ends'));
  await Promise.allSettled(slow);
  expect(hanging).toBe(0);
});

test('a name server that hangs is given up when the time is up', async () => {
  const { server } = await startDns({ 'slow.example': 'hang' });
  const result = await checker(server)('http://slow.example/', { timeoutMs: 1_000 });
  expect(said(result)).toMatch(/^DNS did not give the address of slow\.example:80 within 1 s/);
  expect(result).toMatchObject({ ok: false, answered: false, dnsMs: null });
});

test('checks that wait for the same name ask once, and later ones ask again', async () => {
  const site = await startSite((_, response) => response.end());
  const { server, asked, records } = await startDns({ 'shop.example': ['127.0.0.1'] });
  const check = checker(server);
  const url = `http://shop.example:${site.port}/`;
  await Promise.all([check(url), check(url), check(url)]);
  expect(asked.sort()).toEqual(['A shop.example', 'AAAA shop.example']);
  records['shop.example'] = ['127.0.0.9'];
  await site.down();
  expect(said(await check(url))).toContain('refuses');
  expect(asked.length).toBe(4);
});

test('a name that leads to metadata is refused, even if only one of its addresses does', async () => {
  const site = await startSite((_, response) => response.end());
  const { server } = await startDns({
    'one.example': ['169.254.169.254'],
    'mixed.example': ['127.0.0.1', 'fe80::1'],
    'mapped.example': ['::ffff:169.254.169.254'],
    'amazon.example': ['fd00:ec2::254'],
    'metadata.google.internal': ['127.0.0.1'],
    'metadata.azure.internal': ['127.0.0.1'],
  });
  const check = checker(server);
  for (const name of [
    'one.example',
    'mixed.example',
    'mapped.example',
    'amazon.example',
    'metadata.google.internal',
    'metadata.azure.internal',
    'metadata',
  ])
    for (const target of [`http://${name}:${site.port}/`, `${name}:${site.port}`]) {
      const result = await check(target);
      expect([target, said(result)]).toEqual([target, expect.stringContaining('never contacted')]);
      expect(result).toMatchObject({ ok: false, answered: true, connectMs: null });
    }
  expect(site.taken).toBe(0);
});

test('a redirect to metadata is refused, by address, by another spelling and by name', async () => {
  const { server } = await startDns({ 'inside.example': ['169.254.169.254'] });
  const check = checker(server);
  for (const location of [
    'http://169.254.169.254/latest/meta-data/',
    '//2852039166/',
    'http://0xA9.0xFE.0xA9.0xFE/',
    'http://[::ffff:a9fe:a9fe]/',
    'http://0.0.0.0/',
    'http://inside.example/',
    'http://METADATA.google.internal./computeMetadata/v1/',
  ]) {
    const site = await startSite((_, response) => response.writeHead(302, { location }).end());
    const result = await check(`http://127.0.0.1:${site.port}/`, { followRedirects: true });
    expect([location, said(result)]).toEqual([location, expect.stringContaining('never contacted')]);
    expect(said(result)).toMatch(/^127\.0\.0\.1 redirects to /);
    expect(result).toMatchObject({ ok: false, answered: true });
  }
});

test('a name whose address changes between two redirects is judged at each', async () => {
  const dns = await startDns({ 'rebinding.example': ['127.0.0.1'] });
  const site = await startSite((_, response) => {
    dns.records['rebinding.example'] = ['169.254.169.254'];
    response.writeHead(302, { location: '/again' }).end();
  });
  const result = await checker(dns.server)(`http://rebinding.example:${site.port}/`, {
    followRedirects: true,
  });
  expect(said(result)).toContain('never contacted');
  expect(site.taken).toBe(1);
});
