import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** One run of a task in a process of its own, which a test may kill. */
export const spawnRun = (task: string, env: Record<string, string>) =>
  spawnProgram(['run', task, '--json'], env);

/** A command, until it has ended: its exit code and what it has printed. */
export async function runProgram(args: string[], env: Record<string, string>) {
  const { ended, output } = spawnProgram(args, env);
  const [code] = await ended;
  return [code, output()] as const;
}

function spawnProgram(args: string[], env: Record<string, string>) {
  const child = spawn(process.execPath, ['bin/cronhook.js', ...args], {
    cwd: ROOT,
    env: { PATH: process.env.PATH ?? '', NODE_ENV: 'test', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += data));
  return { child, ended: once(child, 'close') as Promise<[number | null]>, output: () => output };
}
