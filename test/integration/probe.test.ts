import type { Socket } from 'node:net';
import { expect, test, vi } from 'vitest';
import { createProber, type ProbeResult, type ProbeTarget } from '../../src/clients/probe.js';
import { en } from '../../src/locales/en.js';
import { aTarget, closedPort, ipv6Available, startSite, startTalker } from '../support/probe-servers.js';

const never = () => new AbortController().signal;
const check = (target: string, given: Partial<ProbeTarget> = {}) =>
  createProber().check(aTarget(target, given), never());
const said = ({ error }: ProbeResult) => error?.(en);
const OK = 'HTTP/1.1 200 OK\r\nConnection: close\r\n';

const byteByByte = (socket: Socket, text: string) => {
  let at = 0;
  const timer = setInterval(() => socket.write(text[at++] ?? ' '), 20);
  socket.on('close', () => clearInterval(timer));
};

test('a page that answers as expected is well, and its latency is split', async () => {
  const seen: unknown[] = [];
  const site = await startSite(({ method, url, headers }, response) => {
    seen.push({ method, url, headers });
    response.end('hello');
  });
  const result = await check(`http://127.0.0.1:${site.port}/page?a=1`);
  expect(result).toEqual({
    ok: true,
    latencyMs: expect.any(Number),
    dnsMs: null,
    connectMs: expect.any(Number),
    tlsMs: null,
    firstByteMs: expect.any(Number),
    certificateExpiresAt: null,
    certificateHost: null,
    error: null,
    answered: true,
    place: 'loopback',
  });
  expect(
    Object.values(result).filter((value) => typeof value === 'number' && !Number.isInteger(value)),
  ).toEqual([]);
  const headers = {
    accept: '*/*',
    'user-agent': expect.stringMatching(/^Cronhook\/\d/),
    connection: 'close',
  };
  expect(seen).toEqual([{ method: 'GET', url: '/page?a=1', headers: expect.objectContaining(headers) }]);
});

test('another status than the expected one is told, and an expected error is well', async () => {
  const site = await startSite((_, response) => response.writeHead(503).end());
  const url = `http://127.0.0.1:${site.port}/`;
  const result = await check(url);
  expect(said(result)).toBe('HTTP 503 instead of 200: see the log of the service');
  expect(result).toMatchObject({ ok: false, answered: true, latencyMs: expect.any(Number) });
  expect(await check(url, { expectedStatus: 503 })).toMatchObject({ ok: true, error: null });
});

test('user and password go with the request and into no text', async () => {
  const site = await startSite(({ headers }, response) =>
    response.writeHead(headers.authorization === `Basic ${btoa('anna:p@ss')}` ? 200 : 401).end(),
  );
  expect(await check(`http://anna:p%40ss@127.0.0.1:${site.port}/`)).toMatchObject({ ok: true });
  const wrong = await check(`http://anna:wrong-word@127.0.0.1:${site.port}/`);
  expect(said(wrong)).toBe('HTTP 401 instead of 200: see the log of the service');
  await site.down();
  expect(said(await check(`http://anna:wrong-word@127.0.0.1:${site.port}/`))).not.toMatch(/anna|wrong-word/);
});

test('a service that is stopped refuses the connection, and is well once it is back', async () => {
  const site = await startSite((_, response) => response.end());
  const url = `http://127.0.0.1:${site.port}/`;
  const tcp = `127.0.0.1:${site.port}`;
  expect(await check(tcp)).toMatchObject({
    ok: true,
    answered: true,
    latencyMs: expect.any(Number),
    firstByteMs: null,
  });
  await site.down();
  for (const target of [url, tcp]) {
    const result = await check(target);
    expect(result).toMatchObject({ ok: false, answered: true, latencyMs: null, connectMs: null });
    expect(said(result)).toContain(`127.0.0.1:${site.port} refuses the connection`);
  }
  await site.up();
  expect(await check(url)).toMatchObject({ ok: true });
});

test.for([
  ['says nothing', () => {}, 'takes the connection but does not answer within 2 s'],
  [
    'writes its headers byte by byte',
    (socket: Socket) => byteByByte(socket, `${OK}X-A: ${'a'.repeat(9999)}`),
    'takes the connection but does not answer within 2 s',
  ],
  [
    'writes its page byte by byte',
    (socket: Socket) => byteByByte(socket, `${OK}\r\n${'a'.repeat(9999)}`),
    'within 2 s',
  ],
  [
    'stops in mid-page',
    (socket: Socket) => socket.write(`${OK}Content-Length: 99\r\n\r\nabc`),
    'begins to answer but the page does not arrive within 2 s',
  ],
] as const)('a server that %s is given up when the time is up', async ([, talk, text]) => {
  const server = await startTalker(talk);
  const from = performance.now();
  const result = await check(`http://127.0.0.1:${server.port}/`, { timeoutMs: 2_000, keyword: 'never' });
  expect(performance.now() - from).toBeGreaterThan(1_990);
  expect(result).toMatchObject({ ok: false, answered: true, latencyMs: null });
  expect(said(result)).toContain(text);
  await vi.waitFor(() => expect(server.open).toBe(0), { timeout: 10_000 });
});

test('a page counts once it has arrived, up to its first MB', async () => {
  const trickling = await startTalker((socket) => byteByByte(socket, `${OK}\r\n${'a'.repeat(9999)}`));
  expect(said(await check(`http://127.0.0.1:${trickling.port}/`, { timeoutMs: 2_000 }))).toContain(
    'begins to answer but the page does not arrive within 2 s',
  );
  const cut = await startTalker((socket) => socket.end(`${OK}Content-Length: 99\r\n\r\nabc`));
  const half = await check(`http://127.0.0.1:${cut.port}/`);
  expect(said(half)).toContain('cuts the connection in the middle of the answer');
  expect(half).toMatchObject({ ok: false, answered: true, latencyMs: null });
  const endless = await startSite((_, response) => {
    const chunk = Buffer.alloc(64 * 1024, 'a');
    const more = () => {
      while (!response.destroyed) if (!response.write(chunk)) return response.once('drain', more);
    };
    more();
  });
  expect(await check(`http://127.0.0.1:${endless.port}/`)).toMatchObject({ ok: true });
  await vi.waitFor(() => expect(endless.open).toBe(0), { timeout: 10_000 });
});

test.for([
  ['closes at once', (socket: Socket) => socket.destroy(), 'closes the connection without an answer'],
  ['resets', (socket: Socket) => socket.resetAndDestroy(), 'closes the connection without an answer'],
  [
    'ends after the request',
    (socket: Socket) => socket.once('data', () => socket.end()),
    'closes the connection without an answer',
  ],
  [
    'ends in mid-header',
    (socket: Socket) => socket.end('HTTP/1.1 200 OK\r\nX-A'),
    'closes the connection without an answer',
  ],
  [
    'ends in mid-page',
    (socket: Socket) => socket.end(`${OK}Content-Length: 99\r\n\r\nabc`),
    'in the middle of the answer',
  ],
  ['speaks SSH', (socket: Socket) => socket.write('SSH-2.0-OpenSSH_9.2\r\n'), 'does not answer in HTTP'],
  [
    'speaks HTTP/2 only',
    (socket: Socket) => socket.write(Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0])),
    'speaks HTTP/2 only',
  ],
  ['speaks TLS', (socket: Socket) => socket.write(Buffer.from([0x15, 3, 1, 0, 2, 2, 70])), 'use https://'],
  [
    'has headers without end',
    (socket: Socket) => socket.write(`${OK}X-A: ${'a'.repeat(200_000)}\r\n\r\n`),
    'more than 64 KB of headers',
  ],
] as const)('a server that %s is told so', async ([, talk, text]) => {
  const server = await startTalker(talk);
  const result = await check(`http://127.0.0.1:${server.port}/`, { keyword: 'never' });
  expect(said(result)).toContain(text);
  expect(said(result)).toContain(`127.0.0.1:${server.port}`);
  expect(result).toMatchObject({ ok: false, answered: true, latencyMs: null });
});

test('HTTP/1.0, answers without a body and headers of other ages are well', async () => {
  const bytes = [
    'HTTP/1.0 200 OK\r\n\r\nhi',
    'HTTP/1.1 204 No Content\r\n\r\n',
    `${OK}X-Owner: Zo\xeb\x01\r\n\r\n`,
    'HTTP/1.1 200 OK\nA: b\n\n',
  ];
  for (const text of bytes) {
    const server = await startTalker((socket) => socket.once('data', () => socket.end(text, 'latin1')));
    const expectedStatus = text.includes('204') ? 204 : 200;
    const result = await check(`http://127.0.0.1:${server.port}/`, { expectedStatus });
    expect([text, said(result)]).toEqual([text, undefined]);
  }
});

test.skipIf(!ipv6Available())('IPv6 is watched like IPv4', async () => {
  const site = await startSite((_, response) => response.end(), { host: '::1' });
  expect(await check(`http://[::1]:${site.port}/`)).toMatchObject({ ok: true });
  expect(await check(`[::1]:${site.port}`)).toMatchObject({ ok: true });
  expect(await check(`http://localhost:${site.port}/`)).toMatchObject({ ok: true });
});

test('a run that ends takes its checks with it, and leaves nothing behind', async () => {
  const server = await startTalker(() => {});
  const controller = new AbortController();
  const warnings: Error[] = [];
  const note = (warning: Error) => warnings.push(warning);
  process.on('warning', note);
  const prober = createProber();
  const checks = Array.from({ length: 50 }, () =>
    prober.check(aTarget(`http://127.0.0.1:${server.port}/`), controller.signal),
  );
  await vi.waitFor(() => expect(server.open).toBe(50), { timeout: 30_000 });
  controller.abort(new Error('the run ends'));
  const ended = await Promise.allSettled(checks);
  expect(new Set(ended.map((one) => one.status === 'rejected' && one.reason.message))).toEqual(
    new Set(['the run ends']),
  );
  await vi.waitFor(() => expect(server.open).toBe(0), { timeout: 10_000 });
  await expect(prober.check(aTarget('127.0.0.1:1'), controller.signal)).rejects.toThrow('the run ends');
  process.off('warning', note);
  expect(warnings).toEqual([]);
});

test('two hundred checks of which twenty hang take no longer than those twenty', async () => {
  const site = await startSite((_, response) => response.end('fine'));
  const hanging = await startTalker(() => {});
  const dead = await closedPort();
  const prober = createProber();
  const signal = never();
  const ports = Array.from({ length: 200 }, (_, index) =>
    index % 10 === 0 ? hanging.port : index % 10 === 1 ? dead : site.port,
  );
  const results = await Promise.all(
    ports.map((port) =>
      prober.check(
        aTarget(`http://127.0.0.1:${port}/`, {
          timeoutMs: 20_000,
          ...(port === hanging.port && { timeoutMs: 2_000 }),
        }),
        signal,
      ),
    ),
  );
  expect(results.filter(({ ok }) => ok).length).toBe(160);
  await vi.waitFor(() => expect([hanging.open, site.open]).toEqual([0, 0]), { timeout: 10_000 });
});
