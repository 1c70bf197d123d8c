import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcp, type Server } from 'node:net';

// The watched services, in a process of their own, as they are: one that answers, one that takes connections and hangs.
const site = createServer((_, response) => setTimeout(() => response.end('<html>All is well</html>'), 50));
const hanging = createTcp((socket) => socket.on('error', () => {}).resume());
const ports = await Promise.all([site, hanging].map(listen));
process.send?.(ports);

function listen(server: Server): Promise<number> {
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', 1024, () => resolve((server.address() as AddressInfo).port)),
  );
}
