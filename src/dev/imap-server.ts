import { createHash } from 'node:crypto';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import hoodiecrow, {
  type Connection,
  type HoodiecrowServer,
  type StoredFolder,
  type StoredMessage,
} from 'hoodiecrow-imap';
import iconv from 'iconv-lite';

export interface SampleMail {
  raw: Buffer | string;
  flags?: string[];
  receivedAt?: Date;
}

export interface SampleFolder {
  /** `/` separates levels; accents are written as they are read. */
  path: string;
  specialUse?: string;
  mails: SampleMail[];
}

export interface SampleAccount {
  username: string;
  password: string;
  accessToken?: string;
  folders: SampleFolder[];
}

export interface SampleImapServer {
  host: string;
  port: number;
  append(user: string, folder: string, rawMail: Buffer, flags?: string[], internalDate?: Date): void;
  close(): Promise<void>;
}

// ENABLE stands before CONDSTORE, which registers with it. STARTTLS stays out: its certificate has expired.
const PLUGINS = [
  'ENABLE',
  answerEnable,
  filterUidFetch,
  'ID',
  'SASL-IR',
  'AUTH-PLAIN',
  'NAMESPACE',
  'IDLE',
  'CONDSTORE',
  'LITERALPLUS',
  'UNSELECT',
  'SPECIAL-USE',
  'CREATE-SPECIAL-USE',
  'UIDPLUS',
  'MOVE',
];

/** An IMAP server in memory, on the loopback address only, without TLS. For development and tests. */
export async function startSampleImapServer(options: {
  port?: number;
  accounts: SampleAccount[];
}): Promise<SampleImapServer> {
  const mailboxes = new Map(options.accounts.map((account) => [account.username, mailboxServer(account)]));
  const gate = gateServer(options.accounts, mailboxes);
  const sockets = new Set<Socket>();
  const listener = createServer((socket) => {
    // hoodiecrow writes an answer in pieces, each of which would wait 40 ms for the one before.
    socket.setNoDelay(true);
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    gate.createClient(socket);
  });
  await new Promise<void>((resolve, reject) => {
    listener.once('error', reject);
    listener.listen(options.port ?? 0, '127.0.0.1', resolve);
  });

  return {
    host: '127.0.0.1',
    port: (listener.address() as AddressInfo).port,
    append(user, folder, rawMail, flags = [], internalDate = new Date()) {
      const server = mailboxes.get(user);
      if (!server?.getMailbox(encodePath(folder))) throw new Error(`No folder ${folder} of ${user}`);
      server.appendMessage(
        encodePath(folder),
        flags,
        imapDate(internalDate),
        wireForm(rawMail).toString('latin1'),
      );
    },
    close() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve, reject) => listener.close((error) => (error ? reject(error) : resolve())));
    },
  };
}

/**
 * hoodiecrow has one tree of folders for all its users. So each account has a server of its own, and the
 * gate, which knows the passwords, hands a connection over to it before it says that the login succeeded.
 */
function gateServer(accounts: SampleAccount[], mailboxes: Map<string, HoodiecrowServer>): HoodiecrowServer {
  let checked = '';
  const users = Object.fromEntries(
    accounts.map(({ username, password, accessToken }) => [
      username,
      {
        get password() {
          checked = username;
          return password;
        },
        get xoauth2() {
          checked = username;
          return accessToken === undefined ? undefined : { accessToken };
        },
      },
    ]),
  ) as Record<string, { password: string; xoauth2: { accessToken: string } }>;

  const plugins = accounts.some((account) => account.accessToken) ? [...PLUGINS, 'XOAUTH2'] : PLUGINS;
  const gate = hoodiecrow({ plugins, users });
  gate.setMaxListeners(0);
  gate.outputHandlers.push((connection, _response, description) => {
    const home = mailboxes.get(checked);
    if (!home || connection.server !== gate || !description?.endsWith(' SUCCESS')) return;
    gate.removeListener('notify', connection._notificationCallback);
    home.on('notify', connection._notificationCallback);
    connection.server = home;
  });
  return gate;
}

function mailboxServer(account: SampleAccount): HoodiecrowServer {
  let inbox: StoredFolder = storedFolder({ path: 'INBOX', mails: [] });
  const folders: Record<string, StoredFolder> = {};
  for (const folder of account.folders) {
    if (folder.path.toUpperCase() === 'INBOX') inbox = storedFolder(folder);
    else placeFolder(folders, folder);
  }
  const server = hoodiecrow({
    plugins: PLUGINS,
    users: {},
    storage: { INBOX: inbox, '': { separator: '/', type: 'personal', folders } },
  });
  server.setMaxListeners(0);
  // A folder without HIGHESTMODSEQ breaks the STATUS answer, and CREATE makes such folders.
  const createMailbox = server.createMailbox.bind(server);
  server.createMailbox = (path, folder) => {
    createMailbox(path, folder);
    const created = server.getMailbox(path);
    if (created) created.HIGHESTMODSEQ ??= 1;
  };
  return server;
}

/** hoodiecrow enables CONDSTORE without saying so, and clients then do not use it. */
function answerEnable(server: HoodiecrowServer): void {
  server.outputHandlers.push((connection: Connection, _response, description) => {
    if (description !== 'ENABLE') return;
    const attributes = connection.enabled.map((value) => ({ type: 'ATOM', value }));
    connection.send({ tag: '*', command: 'ENABLED', attributes });
  });
}

/**
 * hoodiecrow obeys CHANGEDSINCE in FETCH but not in UID FETCH. Standing before CONDSTORE, which reads the
 * number and calls this, it narrows the range instead; no mail has the last UID.
 */
function filterUidFetch(server: HoodiecrowServer): void {
  const uidFetch = server.getCommandHandler('UID FETCH');
  server.setCommandHandler('UID FETCH', (connection, parsed, data, callback) => {
    const range = parsed.attributes?.[0];
    const { changedsince } = parsed;
    if (changedsince !== undefined && range?.value && connection.selectedMailbox) {
      const changed = server
        .getMessageRange(connection.selectedMailbox, range.value, true)
        .filter(([, message]) => (message.MODSEQ ?? 0) > changedsince);
      range.value = changed.map(([, message]) => message.uid).join(',') || '4294967295';
    }
    uidFetch(connection, parsed, data, callback);
  });
}

/** Parents that hold no mails of their own become `\Noselect`. */
function placeFolder(root: Record<string, StoredFolder>, folder: SampleFolder): void {
  const names = encodePath(folder.path).split('/');
  const last = names.pop() ?? '';
  let siblings = root;
  for (const name of names) {
    siblings[name] ??= { flags: ['\\Noselect'], messages: [] };
    siblings[name].folders ??= {};
    siblings = siblings[name].folders;
  }
  const children = siblings[last]?.folders;
  siblings[last] = { ...storedFolder(folder), ...(children && { folders: children }) };
}

/**
 * hoodiecrow numbers mails 1, 2, 3 … in the order given, at each start. UIDVALIDITY follows from the mails,
 * so that a restart keeps what was synced, and edited sample mails are read anew.
 */
function storedFolder(folder: SampleFolder): StoredFolder {
  const hash = createHash('sha256').update(folder.path);
  const messages = folder.mails.map((mail): StoredMessage => {
    const raw = wireForm(mail.raw);
    hash.update(raw);
    return {
      raw: raw.toString('latin1'),
      flags: mail.flags ?? [],
      internaldate: imapDate(mail.receivedAt ?? new Date(0)),
    };
  });
  return {
    messages,
    uidvalidity: (hash.digest().readUInt32BE(0) >>> 1) + 1,
    HIGHESTMODSEQ: 1,
    ...(folder.specialUse !== undefined && { 'special-use': folder.specialUse }),
  };
}

/** IMAP counts bytes of CRLF lines; hoodiecrow serves what it was given. */
function wireForm(raw: Buffer | string): Buffer {
  const binary = Buffer.from(raw).toString('latin1');
  return Buffer.from(binary.replace(/\r?\n/g, '\r\n'), 'latin1');
}

/** Modified UTF-7, in which IMAP writes folder names. */
function encodePath(path: string): string {
  return iconv.encode(path, 'utf-7-imap').toString('latin1');
}

/** As text and in UTC: hoodiecrow writes wrong offsets for half-hour time zones. */
function imapDate(date: Date): string {
  const [, day, month, year, time] =
    /, (\d\d) (\w{3}) (\d{4}) ([\d:]{8}) GMT$/.exec(date.toUTCString()) ?? [];
  return `${day}-${month}-${year} ${time} +0000`;
}
