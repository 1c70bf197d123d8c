import type { IncomingMessage } from 'node:http';
import { pipeline, type Readable } from 'node:stream';
import { constants, createBrotliDecompress, createUnzip } from 'node:zlib';
import iconv from 'iconv-lite';
import type { Text } from '../errors.js';
import type { Course } from './probe-course.js';
import { ProbeProblem } from './probe-problem.js';

const MOST_BYTES = 1024 * 1024;

/**
 * Reads no further than the keyword, and at most 1 MB (decompressed).
 * @returns null when it is there
 */
export async function findKeyword(
  answer: IncomingMessage,
  keyword: string,
  course: Course,
): Promise<Text | null> {
  course.stage = 'body';
  const charset = charsetOf(answer.headers['content-type'] ?? '');
  const search = createSearch(keyword, charset ?? 'utf-8');
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of decompressed(answer, course) as AsyncIterable<Buffer>) {
    if (search(chunk)) return null;
    chunks.push(chunk);
    size += chunk.length;
    if (size > MOST_BYTES) break;
  }
  if (!charset && isNamedWithin(chunks, keyword)) return null;
  return ({ monitors: { probe } }) =>
    size > MOST_BYTES ? probe.keywordNotInStart(keyword) : probe.keyword(keyword);
}

/** Waits for the whole of it, or for its first MB. */
export async function readBody(answer: IncomingMessage, course: Course): Promise<void> {
  // What follows is another protocol's.
  if (answer.statusCode === 101) return;
  course.stage = 'body';
  let size = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MOST_BYTES) return;
  }
}

/** It was not asked for, but some servers compress all the same. */
function decompressed(answer: IncomingMessage, { at }: Course): Readable {
  const encoding = (answer.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  if (encoding === 'identity' || encoding === '') return answer;
  const decoder = decoderOf(encoding);
  if (!decoder) throw new ProbeProblem((t) => t.monitors.probe.encoding(at, encoding));
  pipeline(answer, decoder, () => {});
  return decoder;
}

function decoderOf(encoding: string) {
  if (/^(x-)?gzip$|^deflate$/.test(encoding)) return createUnzip({ finishFlush: constants.Z_SYNC_FLUSH });
  return encoding === 'br' ? createBrotliDecompress() : undefined;
}

/** Finds it also where it is split over chunks. */
function createSearch(keyword: string, charset: string): (chunk: Buffer) => boolean {
  const decoder = iconv.getDecoder(charset);
  let end = '';
  return (chunk) => {
    const text = end + decoder.write(chunk);
    end = text.slice(Math.max(0, text.length - keyword.length + 1));
    return text.includes(keyword);
  };
}

/** A page may name its charset itself, near its beginning (HTML, section 4.2.5.4). */
function isNamedWithin(chunks: Buffer[], keyword: string): boolean {
  const page = Buffer.concat(chunks);
  const charset = charsetOf(page.subarray(0, 1024).toString('latin1'));
  return charset !== undefined && iconv.decode(page, charset).includes(keyword);
}

function charsetOf(text: string): string | undefined {
  const [, charset] = /charset\s*=\s*["']?([\w.:-]{1,40})/i.exec(text) ?? [];
  return charset && iconv.encodingExists(charset) ? charset : undefined;
}
