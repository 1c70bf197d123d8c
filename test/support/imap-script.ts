import { type AddressInfo, createServer } from 'node:net';
import { onTestFinished } from 'vitest';

type Answer = (command: string, write: (text: string) => void, tag: string) => void;

/** An IMAP server that says what the test wants, for servers as no real one should be. @returns its port */
export async function scriptedImap(answer: Answer): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.write('* OK [CAPABILITY IMAP4rev1] ready\r\n');
    let pending = '';
    socket.on('data', (chunk) => {
      const lines = (pending + chunk.toString('latin1')).split('\r\n');
      pending = lines.pop() ?? '';
      for (const line of lines) {
        const [, tag = '', command = ''] = /^(\S+) (.*)$/.exec(line) ?? [];
        if (tag) answer(command, (text) => void socket.write(Buffer.from(text, 'latin1')), tag);
      }
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}
