import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';
import { onTestFinished } from 'vitest';

/** `hang`: no answer comes; `broken`: SERVFAIL. A name that is not there does not exist. */
type Records = Record<string, string[] | 'hang' | 'broken'>;

const A = 1;
const AAAA = 28;
const NO_ERROR = 0;
const SERVFAIL = 2;
const NXDOMAIN = 3;

/** A name server on this machine, until the test ends; its records may be changed while it runs. */
export async function startDns(records: Records) {
  const socket = createSocket('udp4');
  const asked: string[] = [];
  socket.on('message', (query, { port, address }) => {
    const { name, type, end } = question(query);
    asked.push(`${type === A ? 'A' : 'AAAA'} ${name}`);
    const found = records[name];
    if (found === 'hang') return;
    const addresses = Array.isArray(found) ? found.filter((one) => isIPv6(one) === (type === AAAA)) : [];
    const code = found === undefined ? NXDOMAIN : found === 'broken' ? SERVFAIL : NO_ERROR;
    socket.send(answer(query, end, code, type, addresses), port, address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  onTestFinished(() => {
    socket.close();
  });
  return { server: `127.0.0.1:${socket.address().port}`, records, asked };
}

/** The first question of a message (RFC 1035, section 4.1.2). */
function question(query: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += length + 1;
  }
  return { name: labels.join('.').toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5 };
}

function answer(query: Buffer, end: number, code: number, type: number, addresses: string[]): Buffer {
  const head = Buffer.from(query.subarray(0, 12));
  head.writeUInt16BE(0x8180 | code, 2);
  head.writeUInt16BE(addresses.length, 6);
  head.writeUInt32BE(0, 8);
  const records = addresses.map((address) => {
    const bytes = ipaddr.parse(address).toByteArray();
    // The name is that of the question; IN; kept for no time at all.
    return Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 0, 0, bytes.length, ...bytes]);
  });
  return Buffer.concat([head, query.subarray(12, end), ...records]);
}
