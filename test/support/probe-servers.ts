import { once } from 'node:events';
import { createServer as createHttp, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { type AddressInfo, createServer as createTcp, type Server, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { createServer as createTls, type TlsOptions } from 'node:tls';
import { onTestFinished } from 'vitest';
import type { ProbeTarget } from '../../src/clients/probe.js';

export interface WatchedServer {
  port: number;
  /** Connections that are there now. */
  readonly open: number;
  /** Connections so far. */
  readonly taken: number;
  /** Nobody listens any more, and all connections are cut. */
  down(): Promise<void>;
  /** Listens again, on the same port. */
  up(): Promise<void>;
}

type Identity = Pick<TlsOptions, 'key' | 'cert'>;
interface Where {
  host?: string;
  tls?: Identity;
}

/** A site on this machine, until the test ends. */
export function startSite(
  answer: (request: IncomingMessage, response: ServerResponse) => unknown,
  { host, tls }: Where = {},
): Promise<WatchedServer> {
  return watched(tls ? createHttps(tls, answer) : createHttp(answer), host);
}

/** A server that says what it wants, as it wants. */
export function startTalker(
  talk: (socket: Socket) => unknown,
  { host, tls, ...options }: Where & { alpn?: string[] } = {},
): Promise<WatchedServer> {
  const take = (socket: Socket) => {
    socket.on('error', () => {});
    talk(socket);
    // Or nobody would notice that the client left.
    socket.resume();
  };
  const alpn = options.alpn && { ALPNProtocols: options.alpn };
  return watched(tls ? createTls({ ...tls, ...alpn }, take) : createTcp(take), host);
}

async function watched(server: Server, host = '127.0.0.1'): Promise<WatchedServer> {
  const open = new Set<Socket>();
  let taken = 0;
  server.on('connection', (socket: Socket) => {
    taken += 1;
    open.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => open.delete(socket));
  });
  const listen = async (port: number) => {
    server.listen(port, host);
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  };
  const down = async () => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    for (const socket of open) socket.destroy();
    await closed;
  };
  const port = await listen(0);
  onTestFinished(down);
  return {
    port,
    get open() {
      return open.size;
    },
    get taken() {
      return taken;
    },
    down,
    up: async () => {
      await listen(port);
    },
  };
}

/** False in containers without IPv6. */
export const ipv6Available = (): boolean =>
  Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ address }) => address === '::1'));

/** A port of 127.0.0.1 at which nobody listens. */
export async function closedPort(): Promise<number> {
  const server = await watched(createTcp());
  await server.down();
  return server.port;
}

/** A row of `monitors` with its defaults. */
export const aTarget = (target: string, given: Partial<ProbeTarget> = {}): ProbeTarget => ({
  kind: target.includes('://') ? 'http' : 'tcp',
  target,
  expectedStatus: 200,
  timeoutMs: 10_000,
  keyword: null,
  followRedirects: false,
  ...given,
});
