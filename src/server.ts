import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import type { Hono } from 'hono';
import type { ErrorCode } from './errors.js';
import type { Messages } from './locales/index.js';
import type { AppEnvironment } from './routes/environment.js';

/** Longer than the edges of Railway and of usual load balancers keep a connection. */
const KEEP_ALIVE_MS = 75_000;
const HEADERS_TIMEOUT_MS = 80_000;
/** How long a refused request may go on sending before its connection is cut. */
const LINGER_MS = 2_000;

export interface RunningServer {
  address: AddressInfo;
  close(): Promise<void>;
}

interface ListenOptions {
  app: Hono<AppEnvironment>;
  port: number;
  /** Undefined: every address of both families, or of IPv4 where there is no IPv6. */
  host: string | undefined;
  messages: Messages;
  now(): Date;
}

export async function listen({ app, port, host, messages, now }: ListenOptions): Promise<RunningServer> {
  const listener = getRequestListener(app.fetch, {
    overrideGlobalObjects: false,
    errorHandler: () => malformedAnswer(messages, now()),
  });
  const server = createServer({ requireHostHeader: false }, (incoming, outgoing) => {
    // Health checks of older load balancers speak HTTP/1.0 and name no host.
    if (incoming.httpVersion === '1.0') incoming.headers.host ??= 'localhost';
    void listener(incoming, outgoing);
  });
  // Node itself would answer without a body.
  server.on('checkExpectation', (_incoming, outgoing) => {
    const { headers, body } = refusal('invalid_parameters', messages.errors.malformedRequest, now());
    outgoing.writeHead(417, headers).end(body);
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.headersTimeout = HEADERS_TIMEOUT_MS;
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) =>
    refuse(error, socket, messages, now()),
  );
  try {
    await bind(server, port, host ?? '::');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (host !== undefined || !['EAFNOSUPPORT', 'EADDRNOTAVAIL'].includes(code)) throw error;
    await bind(server, port, '0.0.0.0');
  }
  return {
    address: server.address() as AddressInfo,
    close: () => close(server),
  };
}

/** Lets answers under way go out; connections that only wait for a next request are closed at once. */
async function close(server: Server): Promise<void> {
  const sweep = setInterval(() => server.closeIdleConnections(), 50);
  const cut = setTimeout(() => server.closeAllConnections(), LINGER_MS);
  await new Promise<void>((done) => server.close(() => done()));
  clearInterval(sweep);
  clearTimeout(cut);
}

function bind(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** What HTTP lets through but is no request to this service: a host that is no host, `OPTIONS *`. */
function malformedAnswer(messages: Messages, now: Date): Response {
  const { headers, body } = refusal('invalid_parameters', messages.errors.malformedRequest, now);
  return new Response(body, { status: 400, headers });
}

/** The form of every error, for what never reaches the application. */
function refusal(error: ErrorCode, message: string, now: Date) {
  const body = JSON.stringify({ success: false, message, timestamp: now.toISOString(), error });
  return { headers: { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' }, body };
}

const refused = new WeakSet<Socket>();

/** What never became a request (too long, malformed) gets an answer of the same form as all others. */
function refuse(error: NodeJS.ErrnoException, socket: Socket, messages: Messages, now: Date): void {
  // The parser complains again at each further packet of a request that is still being sent.
  if (refused.has(socket)) return;
  refused.add(socket);
  if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy();
  const [status, code, message] =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? ([
          '431 Request Header Fields Too Large',
          'payload_too_large',
          messages.errors.requestTooLarge,
        ] as const)
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? (['408 Request Timeout', 'invalid_parameters', messages.errors.requestTimeout] as const)
        : (['400 Bad Request', 'invalid_parameters', messages.errors.malformedRequest] as const);
  const { headers, body } = refusal(code, message, now);
  const head = [
    `HTTP/1.1 ${status}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
  // Closing at once would reset the connection under a client that is still sending, and lose the answer.
  socket.removeAllListeners('data');
  socket.resume();
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}
