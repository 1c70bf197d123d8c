import { brotliCompressSync, gzipSync } from 'node:zlib';
import iconv from 'iconv-lite';
import { expect, test, vi } from 'vitest';
import { createProber, type ProbeResult, type ProbeTarget } from '../../src/clients/probe.js';
import { en } from '../../src/locales/en.js';
import { aTarget, startSite } from '../support/probe-servers.js';

const check = (target: string, given: Partial<ProbeTarget> = {}) =>
  createProber().check(aTarget(target, given), new AbortController().signal);
const said = ({ error }: ProbeResult) => error?.(en);

test('a keyword is found where chunks split it, whatever the charset and the compression', async () => {
  const word = 'été à Zürich';
  const pages: [Record<string, string>, Buffer][] = [
    [{}, Buffer.from(word)],
    [{ 'content-type': 'text/html; charset=ISO-8859-1' }, iconv.encode(word, 'latin1')],
    [{ 'content-type': 'text/html' }, iconv.encode(`<meta charset="windows-1252">${word}`, 'win1252')],
    [{ 'content-encoding': 'gzip' }, gzipSync(word)],
    [{ 'content-encoding': 'br' }, brotliCompressSync(word)],
  ];
  for (const [headers, body] of pages) {
    const site = await startSite(async (_, response) => {
      response.writeHead(200, headers);
      for (const byte of body) {
        response.write(Buffer.of(byte));
        await new Promise(setImmediate);
      }
      response.end();
    });
    const url = `http://127.0.0.1:${site.port}/`;
    const result = await check(url, { keyword: word });
    expect([headers, said(result)]).toEqual([headers, undefined]);
    expect(said(await check(url, { keyword: 'winter' }))).toMatch(/^“winter” is not in the page/);
  }
});

test('no more of a page is read than its first MB, nor more than up to the keyword', async () => {
  let written = 0;
  const site = await startSite(({ url }, response) => {
    const chunk = Buffer.alloc(64 * 1024, 'a');
    const more = () => {
      while (!response.destroyed && written < 1e9) {
        written += chunk.length;
        if (!response.write(chunk)) return response.once('drain', more);
      }
    };
    if (url === '/early') response.write('the keyword, then ');
    more();
  });
  const url = `http://127.0.0.1:${site.port}`;
  expect(await check(`${url}/early`, { keyword: 'keyword' })).toMatchObject({ ok: true });
  expect(said(await check(`${url}/late`, { keyword: 'keyword' }))).toContain('first MB');
  await vi.waitFor(() => expect(site.open).toBe(0), { timeout: 10_000 });
  expect(written).toBeLessThan(100e6);
});

test('compressed nonsense and unknown encodings are told', async () => {
  const site = await startSite(({ url = '' }, response) =>
    response.writeHead(200, { 'content-encoding': url.slice(1) }).end('nonsense'),
  );
  for (const encoding of ['gzip', 'br', 'zstd']) {
    const result = await check(`http://127.0.0.1:${site.port}/${encoding}`, { keyword: 'x' });
    expect([encoding, said(result)]).toEqual([encoding, expect.stringContaining('cannot be read')]);
  }
});

test('redirects are told, and followed only when asked', async () => {
  const site = await startSite(({ url }, response) =>
    url === '/end' ? response.end('arrived') : response.writeHead(302, { location: '/end' }).end(),
  );
  const url = `http://127.0.0.1:${site.port}/`;
  expect(said(await check(url))).toContain('HTTP 302 (redirect to 127.0.0.1) instead of 200');
  expect(await check(url, { expectedStatus: 302 })).toMatchObject({ ok: true });
  expect(await check(url, { followRedirects: true, keyword: 'arrived' })).toMatchObject({ ok: true });
});

test('loops, endless chains and redirects to elsewhere end with their name', async () => {
  const site = await startSite(({ url = '' }, response) => {
    const [, kind, count = ''] = url.split('/');
    const to = {
      loop: count === 'a' ? '/loop/b' : '/loop/a',
      chain: `/chain/${Number(count) + 1}`,
      file: 'file:///etc/passwd',
      none: 'http://[',
    };
    response.writeHead(302, { location: to[kind as keyof typeof to] }).end();
  });
  const follow = async (path: string) => {
    const before = site.taken;
    const result = await check(`http://127.0.0.1:${site.port}${path}`, { followRedirects: true });
    return [said(result), site.taken - before];
  };
  expect(await follow('/loop/a')).toEqual([expect.stringContaining('round in circles'), 2]);
  expect(await follow('/chain/1')).toEqual([expect.stringContaining('More than 5 redirects'), 6]);
  expect(await follow('/file')).toEqual([expect.stringContaining('neither http:// nor https://'), 1]);
  expect(await follow('/none')).toEqual([expect.stringContaining('neither http:// nor https://'), 1]);
});

test('credentials stay with the origin that they were given for', async () => {
  const given: (string | undefined)[] = [];
  const other = await startSite(({ headers }, response) => {
    given.push(headers.authorization);
    response.end();
  });
  const site = await startSite(({ url, headers }, response) => {
    given.push(headers.authorization && 'given');
    response.writeHead(302, { location: url === '/' ? '/again' : `http://127.0.0.1:${other.port}/` }).end();
  });
  expect(await check(`http://a:b@127.0.0.1:${site.port}/`, { followRedirects: true })).toMatchObject({
    ok: true,
  });
  expect(given).toEqual(['given', 'given', undefined]);
});
