import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Transform } from 'node:stream';
import { onTestFinished } from 'vitest';

export type S3Kind =
  | 'Put'
  | 'Get'
  | 'Head'
  | 'Delete'
  | 'List'
  | 'Create'
  | 'PutPart'
  | 'Complete'
  | 'Abort'
  | 'ListUploads';

/**
 * `before`: the connection is cut before anything is passed on; `request`: in the middle of what is sent; `answer`: in
 * the middle of the answer's body; `after`: the work is done, and instead of the answer the connection is cut;
 * `silent`: nothing is answered; `damage`: a byte of what is sent is changed on the way; `slow`: about 8 MB/s;
 * `short`: the answer tells of one byte less.
 */
export type S3Fault =
  | { status: number; code?: string; message?: string; html?: boolean }
  | 'before'
  | 'request'
  | 'answer'
  | 'after'
  | 'silent'
  | 'damage'
  | 'slow'
  | 'short';

interface Plan {
  kind: S3Kind;
  fault: S3Fault;
  from: number;
  to: number;
}

/** Stands between the service and an S3 server: counts what is asked and breaks what it is told to. */
export async function startS3Faults(target: string) {
  const upstream = new URL(target);
  const plans: Plan[] = [];
  const counts = new Map<S3Kind, number>();
  const asked: { kind: S3Kind; headers: IncomingMessage['headers'] }[] = [];
  let partsUnderWay = 0;
  let mostPartsUnderWay = 0;

  const server = createServer((incoming, response) => {
    const kind = kindOf(incoming);
    const nth = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, nth);
    asked.push({ kind, headers: incoming.headers });
    if (kind === 'PutPart') {
      partsUnderWay += 1;
      mostPartsUnderWay = Math.max(mostPartsUnderWay, partsUnderWay);
      response.once('close', () => {
        partsUnderWay -= 1;
      });
    }
    const fault = plans.find((plan) => plan.kind === kind && plan.from <= nth && nth <= plan.to)?.fault;
    if (typeof fault === 'object') return refuse(incoming, response, fault);
    if (fault === 'before') return incoming.socket.destroy();
    if (fault === 'silent') return incoming.resume();
    passOn(upstream, incoming, response, fault);
  });
  const listen = async (port: number) => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  };
  await listen(0);
  const { port } = server.address() as AddressInfo;
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  onTestFinished(close);

  return {
    endpoint: `http://127.0.0.1:${port}`,
    /** In order, with the headers. */
    asked,
    count: (kind: S3Kind): number => counts.get(kind) ?? 0,
    mostPartsUnderWay: () => mostPartsUnderWay,
    /** The `nth` request of that kind (from 1, counting from the start) and those after it, `times` in all. */
    fail(kind: S3Kind, fault: S3Fault, { nth = 1, times = Number.POSITIVE_INFINITY } = {}) {
      plans.push({ kind, fault, from: nth, to: nth + times - 1 });
    },
    /** Every connection is cut, once. */
    cut: () => server.closeAllConnections(),
    mend: () => plans.splice(0),
    /** Nothing listens for so long; what is under way is cut. */
    async goAway(forMs: number): Promise<void> {
      close();
      await new Promise((resolve) => setTimeout(resolve, forMs));
      await listen(port);
    },
  };
}

function kindOf({ method, url }: IncomingMessage): S3Kind {
  const { pathname, searchParams } = new URL(url ?? '/', 'http://s3');
  const has = (name: string) => searchParams.has(name);
  if (method === 'PUT') return has('partNumber') ? 'PutPart' : 'Put';
  if (method === 'POST') return has('uploads') ? 'Create' : 'Complete';
  if (method === 'DELETE') return has('uploadId') ? 'Abort' : 'Delete';
  if (method === 'HEAD') return 'Head';
  if (has('uploads')) return 'ListUploads';
  return pathname.split('/').filter(Boolean).length > 1 ? 'Get' : 'List';
}

function refuse(
  incoming: IncomingMessage,
  response: ServerResponse,
  { status, code = 'InternalError', message = 'words', html }: Exclude<S3Fault, string>,
): void {
  const xml = `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`;
  const page = '<html><body><h1>Bad gateway<br></h1></body></html>';
  const type = html ? 'text/html' : 'application/xml';
  incoming.resume().once('end', () => {
    response.writeHead(status, { 'content-type': type });
    response.end(incoming.method === 'HEAD' ? undefined : html ? page : xml);
  });
}

function passOn(
  upstream: URL,
  incoming: IncomingMessage,
  response: ServerResponse,
  fault: S3Fault | undefined,
): void {
  const { method, url: path, headers } = incoming;
  const { expect: _answeredHere, ...passed } = headers;
  const { hostname: host, port } = upstream;
  // The Host header stays the client's, which is part of the signature.
  const onward = request({ host, port, method, path, headers: passed, agent: false });
  const cut = () => {
    onward.destroy();
    incoming.socket.destroy();
  };
  onward.on('error', cut);
  response.once('close', () => onward.destroy());
  onward.once('response', (answer) => {
    answer.on('error', cut);
    if (fault === 'after') return answer.resume().once('end', cut);
    const length = Number(answer.headers['content-length'] ?? 0);
    const told = fault === 'short' ? { 'content-length': String(length - 1) } : {};
    response.writeHead(answer.statusCode ?? 500, { ...answer.headers, ...told });
    const halfway = length / 2;
    if (fault === 'answer') answer.pipe(cutAt(halfway, cut)).pipe(response);
    else answer.pipe(response);
  });
  const halfway = Number(headers['content-length'] ?? 0) / 2;
  if (fault === 'request') incoming.pipe(cutAt(halfway, cut)).pipe(onward);
  else if (fault === 'damage') incoming.pipe(damaged()).pipe(onward);
  else if (fault === 'slow') incoming.pipe(slow()).pipe(onward);
  else incoming.pipe(onward);
}

function cutAt(bytes: number, cut: () => void): Transform {
  let passed = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, callback) {
      callback(null, chunk.subarray(0, Math.max(0, Math.ceil(bytes) - passed)));
      passed += chunk.length;
      if (passed >= bytes) setImmediate(cut);
    },
  });
}

function damaged(): Transform {
  let first = true;
  return new Transform({
    transform(chunk: Buffer, _encoding, callback) {
      const copy = Buffer.from(chunk);
      if (first) copy[0] = (copy[0] ?? 0) ^ 1;
      first = false;
      callback(null, copy);
    },
  });
}

const slow = () =>
  new Transform({
    transform(chunk: Buffer, _encoding, callback) {
      setTimeout(() => callback(null, chunk), chunk.length / 8_000);
    },
  });
