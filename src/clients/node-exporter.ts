import { AppError, type Text } from '../errors.js';
import { readExporter } from '../machine/exporter-reading.js';
import { ExpositionError } from '../machine/exposition.js';
import type { MachineReading } from '../machine/reading.js';
import type { Secret } from '../secret.js';
import { type Got, get, withoutCredentials } from './get.js';
import { NoAnswer } from './http.js';

export interface NodeExporter {
  /** Its host and port, and its path where that is a particular one. */
  name: string;
  /** @throws {AppError} saying what is wrong and what to do */
  read(signal: AbortSignal): Promise<MachineReading>;
}

const TIMEOUT_MS = 10_000;
const LARGEST_ANSWER_BYTES = 16 * 1024 * 1024;
/** The format that every version speaks. */
const ACCEPT = 'text/plain;version=0.0.4';

/**
 * One for each address.
 * @param taken names of what is watched beside them
 */
export function nodeExporters(addresses: readonly Secret[], taken: readonly string[]): NodeExporter[] {
  const names = new Set(taken);
  return addresses.map((address) => {
    const { url, headers } = withoutCredentials(address.reveal());
    if (url.pathname === '/') url.pathname = '/metrics';
    const plain = url.host + url.pathname.replace(/\/(metrics\/?)?$/, '');
    let name = plain;
    for (let count = 2; names.has(name); count++) name = `${plain} (${count})`;
    names.add(name);
    return { name, read: (signal) => readOne(name, url, headers, signal) };
  });
}

async function readOne(name: string, url: URL, headers: Record<string, string>, signal: AbortSignal) {
  const options = { timeoutMs: TIMEOUT_MS, mostBytes: LARGEST_ANSWER_BYTES, signal };
  const answer = await get(url, { ...options, headers: { ...headers, accept: ACCEPT } }).catch((error) => {
    throw unanswered(error, name);
  });
  if (answer.status !== 200) throw refused(name, answer.status);
  return readingOf(answer, name);
}

function readingOf({ body }: Got, name: string): MachineReading {
  try {
    const reading = readExporter(body.toString('utf8'));
    if (reading) return reading;
  } catch (cause) {
    if (!(cause instanceof ExpositionError)) throw cause;
    const { line } = cause;
    throw because((t) => t.performance.exporter.malformed(name, line), cause);
  }
  throw because((t) => t.performance.exporter.foreign(name));
}

const because = (text: Text, cause?: unknown) => new AppError('unprocessable', text, { cause });

function refused(name: string, status: number): AppError {
  const denied = status === 401 || status === 403;
  return because(({ performance: { exporter } }) =>
    denied ? exporter.denied(name, status) : exporter.status(name, status),
  );
}

function unanswered(error: unknown, name: string): unknown {
  if (!(error instanceof NoAnswer)) return error;
  const { code } = error;
  return because(({ performance: { exporter } }) => {
    if (code === 'TIMEOUT') return exporter.timeout(name, TIMEOUT_MS / 1000);
    if (code === 'TOO_LARGE') return exporter.tooLarge(name);
    return exporter.unreachable(name, code);
  }, error);
}
