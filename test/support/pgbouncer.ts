import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { freePort } from '../../src/db/embedded.js';

export const PGBOUNCER_PACKAGE = 'pgbouncer';

export function pgbouncerAvailable(): boolean {
  try {
    execFileSync('pgbouncer', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** PgBouncer in transaction mode in front of a database, with fewer server connections than clients. */
export async function startPgbouncer(databaseUrl: string): Promise<string> {
  const target = new URL(databaseUrl);
  const directory = mkdtempSync(join(tmpdir(), 'cronhook-pgbouncer-'));
  const port = await freePort();
  const database = target.pathname.slice(1);
  writeFileSync(join(directory, 'users.txt'), `"${target.username}" "${target.password}"\n`);
  writeFileSync(
    join(directory, 'pgbouncer.ini'),
    [
      '[databases]',
      `${database} = host=${target.hostname} port=${target.port} user=${target.username} password=${target.password}`,
      '[pgbouncer]',
      ...['listen_addr = 127.0.0.1', `listen_port = ${port}`, 'unix_socket_dir ='],
      ...['auth_type = plain', `auth_file = ${join(directory, 'users.txt')}`],
      ...[
        'pool_mode = transaction',
        'default_pool_size = 3',
        'max_client_conn = 200',
        'server_reset_query = DISCARD ALL',
      ],
    ].join('\n'),
  );
  // It refuses to run as root.
  const asRoot = process.getuid?.() === 0;
  if (asRoot) execFileSync('chmod', ['-R', 'a+rX', directory]);
  const child = spawn(
    'pgbouncer',
    ['-q', ...(asRoot ? ['-u', 'nobody'] : []), join(directory, 'pgbouncer.ini')],
    {
      stdio: 'ignore',
    },
  );
  onTestFinished(() => {
    child.kill('SIGKILL');
    rmSync(directory, { recursive: true, force: true });
  });
  for (let tries = 0; tries < 100 && !(await answers(port)); tries++) await sleep(50);
  target.port = String(port);
  return target.toString();
}

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
