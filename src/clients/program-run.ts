import { spawn } from 'node:child_process';
import { PassThrough, pipeline, type Readable, type Writable } from 'node:stream';

export interface ProgramEnd {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** Why it could not be started: ENOENT, EACCES … */
  startCode: string | undefined;
  /** The end of what it wrote to standard error. */
  messages: string;
}

export interface RunningProgram {
  input: Writable | null;
  /** Reads ahead by one large piece and no more. */
  output: Readable;
  /** Settles once the process is gone and its output read or dropped; never rejects. */
  ended: Promise<ProgramEnd>;
  /** Ends it, whatever it does: politely first. */
  stop(): Promise<void>;
}

interface RunOptions {
  env: Record<string, string>;
  input: 'pipe' | 'ignore';
  signal: AbortSignal;
  /** What ends it politely; psql cancels the statement at work on an interrupt only. */
  endWith?: 'SIGTERM' | 'SIGINT';
}

const READ_AHEAD_BYTES = 1024 * 1024;
const MESSAGES_KEPT = 16 * 1024;
const TERMINATION_MS = 5000;

/** Starts a program; when our own process dies, its pipes close and it ends too. */
export function startProgram(path: string, args: string[], options: RunOptions): RunningProgram {
  const child = spawn(path, args, {
    env: options.env,
    stdio: [options.input, 'pipe', 'pipe'],
    // Ctrl-C on a terminal ends runs in order, before it ends what they need.
    detached: true,
  });
  const output = new PassThrough({ highWaterMark: READ_AHEAD_BYTES });
  pipeline(child.stdout as Readable, output, () => {});
  child.stdin?.on('error', () => {}); // It has ended, which `ended` tells.

  let messages = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    messages = (messages + text).slice(-MESSAGES_KEPT);
  });

  let startCode: string | undefined;
  const ended = new Promise<ProgramEnd>((resolve) => {
    child.once('error', (error: NodeJS.ErrnoException) => {
      startCode = error.code ?? error.message;
      if (child.pid === undefined) resolve({ code: null, signal: null, startCode, messages });
    });
    child.once('close', (code, signal) => resolve({ code, signal, startCode, messages }));
  });

  let killing: NodeJS.Timeout | undefined;
  const terminate = () => {
    if (child.exitCode !== null || child.signalCode !== null || killing) return;
    child.kill(options.endWith ?? 'SIGTERM');
    killing = setTimeout(() => child.kill('SIGKILL'), TERMINATION_MS);
  };
  options.signal.addEventListener('abort', terminate, { once: true });
  if (options.signal.aborted) terminate();
  void ended.then(() => {
    clearTimeout(killing);
    options.signal.removeEventListener('abort', terminate);
  });

  return {
    input: child.stdin,
    output,
    ended,
    async stop() {
      terminate();
      // What nobody reads any more must not keep it from closing.
      child.stdout?.destroy();
      output.destroy();
      await ended;
    },
  };
}
