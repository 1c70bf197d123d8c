import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** One run of a task in a process of its own, which a test may kill. */
export function spawnRun(task: string, env: Record<string, string>) {
  const child = spawn(process.execPath, ['bin/cronhook.js', 'run', task, '--json'], {
    cwd: ROOT,
    env: { PATH: process.env.PATH ?? '', NODE_ENV: 'test', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += data));
  return { child, ended: once(child, 'exit') as Promise<[number | null]>, output: () => output };
}
