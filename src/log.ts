import { Writable } from 'node:stream';
import { type Logger, pino, stdSerializers, stdTimeFunctions } from 'pino';
import { PinoPretty } from 'pino-pretty';
import type { Scrub } from './secret.js';

export type { Logger } from 'pino';

interface LogOptions {
  level: string;
  format: 'json' | 'pretty';
  scrub: Scrub;
  /** Standard output, unless a command prints its own results there. */
  output?: NodeJS.WritableStream;
}

/** Every line passes through `scrub`, so that no secret leaves whatever field it hides in. */
export function createLogger({ level, format, scrub, output = process.stdout }: LogOptions): Logger {
  // Whoever read the log has gone: that is no reason to end.
  output.on('error', () => {});
  const sink = new Writable({
    decodeStrings: false,
    write(line: string | Buffer, _encoding, done) {
      output.write(scrub(line.toString()));
      done();
    },
  });
  const destination =
    format === 'pretty'
      ? PinoPretty({
          destination: sink,
          colorize: process.stdout.isTTY,
          ignore: 'pid,hostname',
          translateTime: 'HH:MM:ss',
        })
      : sink;
  const options = {
    level,
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: serializeError },
  };
  return pino(options, destination);
}

/** Keeps what explains an error and drops statements and parameters, which hold customers' data. */
function serializeError(error: unknown): unknown {
  if (!(error instanceof Error)) return stdSerializers.err(error as Error);
  const { code, severity } = error as { code?: unknown; severity?: unknown };
  const isQuery = 'query' in error || 'params' in error;
  const message = isQuery && error.cause ? 'a statement failed' : error.message;
  return {
    type: error.name,
    message,
    ...(code !== undefined && { code }),
    ...(severity !== undefined && { severity }),
    ...(!isQuery && error.name !== 'AppError' && { stack: error.stack }),
    ...(error.cause instanceof Error && { cause: serializeError(error.cause) }),
  };
}
