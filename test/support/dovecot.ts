import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  accessSync,
  chmodSync,
  chownSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import iconv from 'iconv-lite';

export interface DovecotOptions {
  /** `name: password`; more can be added later. */
  users?: Record<string, string>;
  /** False hides QRESYNC, as many hosts do. */
  qresync?: boolean;
  /** False hides CONDSTORE and QRESYNC. */
  condstore?: boolean;
  /** The whole list instead, `IMAP4rev1 …`; STARTTLS and AUTH= are added by Dovecot. */
  capabilities?: string;
  /** Dovecot's own default (`optimized`) when unset. */
  mailFsync?: 'always' | 'optimized' | 'never';
  /** Lines for the end of dovecot.conf. */
  extraConfig?: string;
}

export type DeliveredMail = Buffer | { raw: Buffer; flags?: string[]; receivedAt?: Date };

export interface Dovecot {
  host: '127.0.0.1';
  /** Plain, with STARTTLS offered and passwords allowed without it. */
  port: number;
  /** TLS from the first byte. */
  tlsPort: number;
  /** The self-signed certificate, for localhost and 127.0.0.1, to trust. */
  caFile: string;
  dir: string;
  addUser(name: string, password: string): void;
  /** Writes Maildir files behind Dovecot's back and creates the folder; returns the number of mails. */
  deliver(user: string, folder: string, mails: Iterable<DeliveredMail>): number;
  log(): string;
  /** As an administrator would: clients get a BYE. The mails stay. */
  stop(): Promise<void>;
  /** As a power cut would. */
  kill(): Promise<void>;
  /** After stop or kill, on the same ports. */
  start(): Promise<void>;
  /** Connections stay open and nothing answers. */
  pause(): void;
  resume(): void;
  /** Stops, and removes the mails and everything else. */
  close(): Promise<void>;
}

export const DOVECOT_PACKAGE = 'dovecot-imapd';

export function dovecotAvailable(): boolean {
  return dovecotPath() !== undefined;
}

export async function startDovecot(options: DovecotOptions = {}): Promise<Dovecot> {
  const binary = dovecotPath();
  if (!binary) throw new Error(`Dovecot is not installed; install the package ${DOVECOT_PACKAGE}`);

  const dir = mkdtempSync(join(tmpdir(), 'dovecot-'));
  chmodSync(dir, 0o755);
  for (const name of ['users', 'mail']) mkdirSync(join(dir, name), { mode: 0o755 });
  const caFile = createCertificate(dir);
  const [port, tlsPort] = await freePorts();
  const configFile = join(dir, 'dovecot.conf');
  writeFileSync(configFile, dovecotConfig(dir, port, tlsPort, options));

  const process_ = masterProcess(binary, configFile, port);
  const mailbox = maildirWriter(join(dir, 'mail'));
  const dovecot: Dovecot = {
    host: '127.0.0.1',
    port,
    tlsPort,
    caFile,
    dir,
    addUser(name, password) {
      // A file a user: Dovecot reads a shared one again only once a second.
      writeFileSync(join(dir, 'users', name), `${name}:{PLAIN}${password}\n`, { mode: 0o644 });
    },
    deliver: mailbox.deliver,
    log: () => readLog(dir),
    ...process_,
    async close() {
      await process_.stop();
      rmSync(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
    },
  };
  for (const [name, password] of Object.entries(options.users ?? {})) dovecot.addUser(name, password);
  try {
    await dovecot.start();
  } catch (cause) {
    const log = readLog(dir);
    await dovecot.close();
    throw new Error(`Dovecot did not start: ${log}`, { cause });
  }
  return dovecot;
}

function dovecotPath(): string | undefined {
  return [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']
    .filter(Boolean)
    .map((folder) => join(folder, 'dovecot'))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

const asRoot = process.getuid?.() === 0;
/** The owner of the mails. Dovecot refuses to serve those of root. */
const owner = asRoot ? { uid: 65534, gid: 65534 } : { uid: userInfo().uid, gid: userInfo().gid };

const CAPABILITIES =
  'IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE SORT SORT=DISPLAY THREAD=REFERENCES THREAD=REFS ' +
  'THREAD=ORDEREDSUBJECT MULTIAPPEND URL-PARTIAL CATENATE UNSELECT CHILDREN NAMESPACE UIDPLUS LIST-EXTENDED ' +
  'I18NLEVEL=1 ESEARCH ESORT SEARCHRES WITHIN CONTEXT=SEARCH LIST-STATUS BINARY MOVE SNIPPET=FUZZY ' +
  'PREVIEW=FUZZY PREVIEW STATUS=SIZE SAVEDATE LITERAL+ NOTIFY SPECIAL-USE';

function dovecotConfig(dir: string, port: number, tlsPort: number, options: DovecotOptions): string {
  let { capabilities } = options;
  if (options.condstore === false) capabilities ??= CAPABILITIES;
  else if (options.qresync === false) capabilities ??= `${CAPABILITIES} CONDSTORE`;
  const unprivileged = `
default_login_user = ${userInfo().username}
default_internal_user = ${userInfo().username}
default_internal_group = ${asRoot ? '' : execFileSync('id', ['-gn'], { encoding: 'utf8' }).trim()}
service anvil {
  chroot =
}
`;
  return `
base_dir = ${dir}/run
state_dir = ${dir}/run
instance_name = ${dir.split('/').pop()}
log_path = ${dir}/dovecot.log
protocols = imap
listen = 127.0.0.1
${asRoot ? '' : unprivileged}
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_failure_delay = 0
passdb {
  driver = passwd-file
  args = username_format=%u ${dir}/users/%u
}
userdb {
  driver = static
  args = uid=${owner.uid} gid=${owner.gid} home=${dir}/mail/%u allow_all_users=yes
}
first_valid_uid = 1
first_valid_gid = 1
ssl = yes
ssl_cert = <${dir}/cert.pem
ssl_key = <${dir}/key.pem

mail_location = maildir:~/Maildir
${options.mailFsync ? `mail_fsync = ${options.mailFsync}` : ''}
namespace inbox {
  inbox = yes
  separator = /
${[
  ['Sent', 'Sent'],
  ['Drafts', 'Drafts'],
  ['Junk', 'Junk'],
  ['Trash', 'Trash'],
  ['Archive', 'Archive'],
]
  .map(([name, use]) => `  mailbox ${name} {\n    auto = subscribe\n    special_use = \\${use}\n  }`)
  .join('\n')}
}

default_client_limit = 2000
default_process_limit = 500
service anvil {
  client_limit = 4000
}
service auth {
  client_limit = 8000
}
service imap {
  process_limit = 1000
}
service imap-login {
  ${asRoot ? '' : 'chroot ='}
  service_count = 0
  process_min_avail = 1
  inet_listener imap {
    port = ${port}
  }
  inet_listener imaps {
    port = ${tlsPort}
    ssl = yes
  }
}
protocol imap {
  mail_max_userip_connections = 1000
}
${capabilities ? `imap_capability = ${capabilities}` : ''}
${options.extraConfig ?? ''}
`;
}

function createCertificate(dir: string): string {
  const certFile = join(dir, 'cert.pem');
  const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  args.push(
    '-days',
    '3650',
    '-subj',
    '/CN=localhost',
    '-addext',
    'subjectAltName=DNS:localhost,IP:127.0.0.1',
  );
  args.push('-keyout', join(dir, 'key.pem'), '-out', certFile);
  execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  return certFile;
}

function masterProcess(
  binary: string,
  configFile: string,
  port: number,
): Pick<Dovecot, 'start' | 'stop' | 'kill' | 'pause' | 'resume'> {
  let master: ChildProcess | undefined;

  // Detached: Dovecot and its workers are a process group of their own, to be signalled together.
  const signalAll = (signal: NodeJS.Signals) => {
    if (!master?.pid) return;
    try {
      process.kill(-master.pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  };
  const killAtExit = () => signalAll('SIGKILL');

  async function end(signal: () => void): Promise<void> {
    if (!master) return;
    const ended = master.exitCode === null && master.signalCode === null ? once(master, 'exit') : undefined;
    signal();
    await ended;
    signalAll('SIGKILL');
    master = undefined;
    process.off('exit', killAtExit);
  }

  return {
    async start() {
      if (master) throw new Error('Dovecot runs already');
      rmSync(join(dirname(configFile), 'run', 'master.pid'), { force: true });
      const child = spawn(binary, ['-F', '-c', configFile], { detached: true, stdio: 'ignore' });
      const failed = new Promise<never>((_, reject) => {
        child.once('error', reject);
        child.once('exit', (code, signal) => reject(new Error(`Dovecot ended with ${code ?? signal}`)));
      });
      failed.catch(() => {});
      master = child;
      process.once('exit', killAtExit);
      await Promise.race([failed, untilGreeting(port)]);
    },
    stop: () =>
      end(() => {
        signalAll('SIGCONT');
        master?.kill('SIGTERM');
      }),
    kill: () => end(() => signalAll('SIGKILL')),
    pause: () => signalAll('SIGSTOP'),
    resume: () => signalAll('SIGCONT'),
  };
}

async function untilGreeting(port: number, timeoutMs = 20_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (Date.now() < deadline) {
    const greeted = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1');
      socket.setTimeout(5_000, () => socket.destroy());
      socket.once('data', (data) => {
        resolve(data.toString().startsWith('* OK'));
        socket.destroy();
      });
      socket.once('error', () => resolve(false));
      socket.once('close', () => resolve(false));
    });
    if (greeted) return;
    await delay(30);
  }
  throw new Error(`No greeting on port ${port} after ${timeoutMs} ms`);
}

async function freePorts(): Promise<[number, number]> {
  const servers = [createServer(), createServer()];
  const ports: number[] = [];
  for (const server of servers) {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    ports.push((server.address() as { port: number }).port);
  }
  for (const server of servers) server.close();
  return [ports[0] ?? 0, ports[1] ?? 0];
}

function readLog(dir: string): string {
  const file = join(dir, 'dovecot.log');
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

const FLAG_LETTERS: Record<string, string> = {
  '\\Draft': 'D',
  '\\Flagged': 'F',
  '\\Answered': 'R',
  '\\Seen': 'S',
  '\\Deleted': 'T',
};

function maildirWriter(root: string): Pick<Dovecot, 'deliver'> {
  const base = Math.floor(Date.now() / 1000);
  const known = new Set<string>();
  let count = 0;

  function own(path: string): void {
    if (asRoot) chownSync(path, owner.uid, owner.gid);
  }
  function ensureFolder(path: string): void {
    if (known.has(path) && existsSync(path)) return;
    for (const part of [dirname(path), path, ...['cur', 'new', 'tmp'].map((name) => join(path, name))]) {
      if (part === root || existsSync(part)) continue;
      mkdirSync(part, { recursive: true, mode: 0o700 });
      own(part);
    }
    known.add(path);
  }

  return {
    deliver(user, folder, mails) {
      const home = join(root, user);
      ensureFolder(join(home, 'Maildir'));
      const encoded = iconv.encode(folder, 'utf-7-imap').toString('latin1').replaceAll('/', '.');
      const path = join(home, 'Maildir', folder.toUpperCase() === 'INBOX' ? '' : `.${encoded}`);
      ensureFolder(path);
      let delivered = 0;
      for (const mail of mails) {
        const { raw, flags = [], receivedAt = new Date() } = Buffer.isBuffer(mail) ? { raw: mail } : mail;
        // Dovecot numbers new mails in the order of the time that their names begin with.
        const time = `${base + Math.floor(count / 1e6)}.M${String(count++ % 1e6).padStart(6, '0')}`;
        const name = `${time}P${process.pid}.test,S=${raw.length}`;
        const draft = join(path, 'tmp', name);
        writeFileSync(draft, raw, { mode: 0o600 });
        own(draft);
        utimesSync(draft, receivedAt, receivedAt);
        renameSync(draft, join(path, 'cur', `${name}:2,${flagLetters(flags)}`));
        delivered++;
      }
      return delivered;
    },
  };
}

function flagLetters(flags: string[]): string {
  return flags
    .map((flag) => {
      const letter = FLAG_LETTERS[flag];
      if (!letter) throw new Error(`Maildir names cannot hold the flag ${flag}; set it over IMAP`);
      return letter;
    })
    .sort()
    .join('');
}
