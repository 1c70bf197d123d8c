import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface ApiAnswer {
  status: number;
  /** An object is sent as JSON, a text as it stands. */
  body?: unknown;
  headers?: Record<string, string>;
  /** The body begins, then no more comes. */
  cut?: boolean;
}

/** `hang`: never answers; `reset`: hangs up instead; `stall`, `cut`: the answer begins, then no more comes. */
export type Fault = ApiAnswer | 'hang' | 'reset' | 'stall' | 'cut';

export interface ApiRequest {
  method: string;
  /** Decoded, without the query. */
  path: string;
  query: URLSearchParams;
  form: URLSearchParams;
  /** The body as it was sent. */
  text: string;
  headers: IncomingMessage['headers'];
}

type Handler = (request: ApiRequest) => ApiAnswer;

/** A provider's API on this machine, until the test ends. */
export async function startApi(handler: Handler) {
  const requests: ApiRequest[] = [];
  const faults: { on: RegExp; fault: Fault; times: number; done: boolean }[] = [];
  const server = createServer(async (incoming, response) => {
    const request = await read(incoming).catch(() => undefined);
    if (!request) return;
    requests.push(request);
    const line = `${request.method} ${request.path}`;
    const planned = faults.find(({ on, times }) => times > 0 && on.test(line));
    if (!planned) return send(response, handler(request));
    planned.times -= 1;
    if (planned.done) handler(request);
    misbehave(response, planned.fault);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    apiUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** Everything that was asked, in order. */
    requests,
    /** `GET /v1/subscriptions` and so on, in order. */
    asked: () => requests.map(({ method, path }) => `${method} ${path}`),
    /** The next `times` requests whose `METHOD /path` matches get this; with `done` the work is done all the same. */
    fail(on: RegExp, fault: Fault, { times = Number.POSITIVE_INFINITY, done = false } = {}) {
      faults.push({ on, fault, times, done });
    },
    /** No more of what was planned to fail does. */
    recover() {
      faults.length = 0;
    },
  };
}

async function read(incoming: IncomingMessage): Promise<ApiRequest> {
  let body = '';
  for await (const chunk of incoming) body += chunk;
  const url = new URL(incoming.url ?? '/', 'http://api');
  return {
    method: incoming.method ?? '',
    path: decodeURIComponent(url.pathname),
    query: url.searchParams,
    form: new URLSearchParams(body),
    text: body,
    headers: incoming.headers,
  };
}

function send(response: ServerResponse, { status, body = '', headers }: ApiAnswer): void {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const type = typeof body === 'string' ? 'text/html' : 'application/json';
  response.writeHead(status, { 'content-type': type, ...headers }).end(text);
}

function misbehave(response: ServerResponse, fault: Fault): void {
  if (fault === 'hang') return;
  if (fault === 'reset') response.socket?.destroy();
  else if (fault === 'stall' || fault === 'cut') begin(response, { status: 200, cut: fault === 'cut' });
  else if (fault.cut) begin(response, fault);
  else send(response, fault);
}

function begin(response: ServerResponse, { status, headers, cut }: ApiAnswer): void {
  const usual = { 'content-type': 'application/json', 'content-length': '1000', etag: '"1"' };
  response.writeHead(status, { ...usual, ...headers });
  response.write('{"data": [');
  if (cut) setTimeout(() => response.socket?.destroy(), 20);
}
