import type { Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createProber, type ProbeResult, type ProbeTarget } from '../../src/clients/probe.js';
import { en } from '../../src/locales/en.js';
import { startDns } from '../support/dns.js';
import { type Authority, createAuthority, opensslAvailable } from '../support/probe-certificates.js';
import { aTarget, startSite, startTalker } from '../support/probe-servers.js';

const DAY_MS = 86_400_000;
const said = ({ error }: ProbeResult) => error?.(en);
const daysLeft = ({ certificateExpiresAt }: ProbeResult) =>
  Math.round(((certificateExpiresAt?.getTime() ?? Number.NaN) - Date.now()) / DAY_MS);

describe.skipIf(!opensslAvailable())('over TLS (needs openssl)', () => {
  let authority: Authority;
  beforeAll(() => {
    authority = createAuthority();
  });
  afterAll(() => authority.close());

  async function checker({ trusted = true } = {}) {
    const { server } = await startDns({ 'shop.example': ['127.0.0.1'] });
    const prober = createProber({ dnsServers: [server], ...(trusted && { ca: authority.ca }) });
    return (target: string, given: Partial<ProbeTarget> = {}) =>
      prober.check(aTarget(target, given), new AbortController().signal);
  }
  const serve = (names: string, days: number) =>
    startSite((_, response) => response.end('fine'), { tls: authority.issue(names, days) });

  test('a valid certificate is well, by name and by address, and its expiry is told', async () => {
    const site = await serve('DNS:shop.example,IP:127.0.0.1', 10);
    const check = await checker();
    for (const host of ['shop.example', '127.0.0.1', 'shop.example.']) {
      const result = await check(`https://${host}:${site.port}/`, { keyword: 'fine' });
      expect([host, said(result)]).toEqual([host, undefined]);
      expect(result).toMatchObject({ ok: true, tlsMs: expect.any(Number), firstByteMs: expect.any(Number) });
      expect(daysLeft(result)).toBe(10);
    }
  });

  test('an expired certificate is told with its day', async () => {
    const site = await serve('DNS:shop.example', -1);
    const result = await (await checker())(`https://shop.example:${site.port}/`);
    const yesterday = new Date(Date.now() - DAY_MS).toISOString().slice(0, 8);
    expect(said(result)).toMatch(new RegExp(`^The certificate of shop\\.example expired on ${yesterday}`));
    expect(result).toMatchObject({ ok: false, answered: true, latencyMs: null, tlsMs: expect.any(Number) });
    expect(daysLeft(result)).toBe(-1);
  });

  test('the certificate of another name, and one of an unknown authority, are told with their expiry', async () => {
    const site = await serve('DNS:other.example', 20);
    const other = await (await checker())(`https://shop.example:${site.port}/`);
    expect(said(other)).toMatch(/^The certificate presented is not that of shop\.example/);
    expect(daysLeft(other)).toBe(20);
    const unknown = await (await checker({ trusted: false }))(`https://shop.example:${site.port}/`);
    expect(said(unknown)).toMatch(/^The authority of the certificate of shop\.example is not known/);
    expect(daysLeft(unknown)).toBe(20);
  });

  test('a certificate that signs itself is told', async () => {
    const { key } = authority.issue('DNS:shop.example', 10);
    const site = await startSite((_, response) => response.end(), {
      tls: { key, cert: authority.selfSigned() },
    });
    const result = await (await checker({ trusted: false }))(`https://shop.example:${site.port}/`);
    expect(said(result)).toMatch(/^The certificate of shop\.example is self-signed/);
  });

  test.for([
    ['plain HTTP', (socket: Socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'), 'does not speak TLS'],
    ['nothing', () => {}, 'does not finish the TLS handshake within 5 s'],
    [
      'a reset',
      (socket: Socket) => socket.once('data', () => socket.resetAndDestroy()),
      'closes the connection',
    ],
    ['an end', (socket: Socket) => socket.once('data', () => socket.end()), 'closes the connection'],
  ] as const)('%s instead of a handshake is told', async ([, talk, text]) => {
    const server = await startTalker(talk);
    const result = await (await checker())(`https://127.0.0.1:${server.port}/`, { timeoutMs: 5_000 });
    expect(said(result)).toContain(text);
    expect(result).toMatchObject({ ok: false, answered: true, tlsMs: null });
  });

  test('http:// to a port that speaks TLS is told', async () => {
    const server = await startTalker(() => {}, { tls: authority.issue('DNS:shop.example', 10) });
    expect(said(await (await checker())(`http://shop.example:${server.port}/`))).toContain('use https://');
  });

  test('a server that speaks HTTP/2 only is told so', async () => {
    const tls = authority.issue('DNS:shop.example', 10);
    const server = await startTalker(() => {}, { tls, alpn: ['h2'] });
    expect(said(await (await checker())(`https://shop.example:${server.port}/`))).toContain('HTTP/2 only');
  });

  test('of the certificates that redirects come by, the one that expires first is told', async () => {
    const end = await serve('IP:127.0.0.1', 5);
    const site = await startSite(
      (_, response) => response.writeHead(301, { location: `https://127.0.0.1:${end.port}/` }).end(),
      { tls: authority.issue('DNS:shop.example', 50) },
    );
    const check = await checker();
    const result = await check(`https://shop.example:${site.port}/`, { followRedirects: true });
    expect(result).toMatchObject({ ok: true });
    expect(daysLeft(result)).toBe(5);
    expect(result.certificateHost).toBe('127.0.0.1');
  });
});
