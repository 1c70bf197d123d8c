import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A line that the server in its own process writes for each mail, before it says 250. */
export interface LoggedMail {
  /** With its angle brackets. */
  messageId: string;
  to: string[];
  /** As it stands in the header. */
  subject: string;
  /** 1 for the first connection, 2 for the second. */
  connection: number;
}

/**
 * An SMTP server in a process of its own that accepts everything, for benches and for clients that get killed.
 * Who starts it calls `close`.
 */
export async function spawnSmtp(options: { port?: number; delayMs?: number } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'smtp-'));
  const file = join(folder, 'mails.jsonl');
  const entry = fileURLToPath(new URL('smtp-process.ts', import.meta.url));
  const given = JSON.stringify({ port: 0, delayMs: 0, ...options, file });
  const child = spawn(process.execPath, ['--import', 'tsx', entry, given], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const killAtExit = () => child.kill('SIGKILL');
  process.once('exit', killAtExit);
  const port = await new Promise<number>((resolve, reject) => {
    child.stdout.once('data', (data) => resolve(Number(data)));
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the SMTP server ended with ${code}`)));
  });

  return {
    port,
    url: `smtp://127.0.0.1:${port}`,
    file,
    pid: child.pid as number,
    /** What has been accepted so far. */
    mails(): LoggedMail[] {
      if (!existsSync(file)) return [];
      // The last line may still be on its way.
      const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
      return lines.map((line) => JSON.parse(line) as LoggedMail);
    },
    async close(): Promise<void> {
      process.off('exit', killAtExit);
      if (child.exitCode === null && child.signalCode === null) {
        const ended = once(child, 'exit');
        child.kill('SIGKILL');
        await ended;
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
