import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

async function listening(server: Server, sockets: Set<Socket>): Promise<number> {
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).once('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** A port on which nobody listens. */
export async function deadPort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Says `greeting` (or nothing), and nothing more whatever it is told. */
export async function startMuteServer(greeting?: string): Promise<{ port: number }> {
  const server = createServer((socket) => {
    if (greeting) socket.write(`${greeting}\r\n`);
    socket.resume();
  });
  return { port: await listening(server, new Set()) };
}

interface ProxyOptions {
  /** The proxy itself answers such a command, with this after the tag. */
  answer?(command: string): string | undefined;
  /** From such a command on nothing more comes from the server, though the connection stays. */
  stallAt?(command: string): boolean;
  /** While nothing comes from the server, the proxy says something itself, so that the line is never silent. */
  trickle?: boolean;
  /** Called for each command before it is passed on. */
  onCommand?(command: string): Promise<void> | void;
}

/** Stands between the service and an IMAP server: counts what passes and breaks what it is told to. */
export async function startProxy(target: number, options: ProxyOptions = {}) {
  const sockets = new Set<Socket>();
  const commands: string[] = [];
  const proxy = {
    port: 0,
    /** Everything that the client sent, without tags. */
    commands,
    bytesReceived: 0,
    options,
    dropAll() {
      for (const socket of sockets) socket.destroy();
    },
    reset() {
      commands.length = 0;
      proxy.bytesReceived = 0;
    },
    count: (pattern: RegExp) => commands.filter((command) => pattern.test(command)).length,
  };
  const server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1');
    sockets.add(upstream);
    let stalled = false;
    upstream.on('error', () => client.destroy()).on('close', () => client.destroy());
    client.on('close', () => upstream.destroy());
    upstream.on('data', (data) => {
      if (stalled) return;
      proxy.bytesReceived += data.length;
      client.write(data);
    });
    let pending = '';
    let turn: Promise<unknown> = Promise.resolve();
    const pass = async (line: string) => {
      const [tag = '', ...words] = line.split(' ');
      const command = words.join(' ');
      commands.push(command);
      await proxy.options.onCommand?.(command);
      if (proxy.options.stallAt?.(command)) {
        stalled = true;
        const tick = setInterval(() => proxy.options.trickle && client.write('* OK Still here\r\n'), 100);
        client.once('close', () => clearInterval(tick));
      }
      const answer = proxy.options.answer?.(command);
      if (answer !== undefined) client.write(`${tag} ${answer}\r\n`);
      else upstream.write(`${line}\r\n`, 'latin1');
    };
    client.on('data', (data) => {
      pending += data.toString('latin1');
      const lines = pending.split('\r\n');
      pending = lines.pop() ?? '';
      for (const line of lines) turn = turn.then(() => pass(line));
    });
  });
  proxy.port = await listening(server, sockets);
  return proxy;
}
