/** What src/dev/imap-server.ts uses of hoodiecrow-imap 2.1, which ships no types. */
declare module 'hoodiecrow-imap' {
  import type { EventEmitter } from 'node:events';
  import type { Server, Socket } from 'node:net';

  interface StoredMessage {
    /** A binary string: one character a byte. */
    raw: string;
    flags?: string[];
    /** `21-Nov-2026 09:30:00 +0000`. */
    internaldate?: string;
    uid?: number;
    MODSEQ?: number;
  }

  interface StoredFolder {
    messages?: StoredMessage[];
    flags?: string[];
    'special-use'?: string;
    uidvalidity?: number;
    uidnext?: number;
    HIGHESTMODSEQ?: number;
    folders?: Record<string, StoredFolder>;
  }

  interface StoredNamespace {
    separator: string;
    type?: 'personal' | 'user' | 'shared';
    folders: Record<string, StoredFolder>;
  }

  interface User {
    password?: string;
    xoauth2?: { accessToken: string };
  }

  interface Connection {
    server: HoodiecrowServer;
    selectedMailbox?: StoredFolder;
    enabled: string[];
    send(response: { tag: string; command: string; attributes: unknown[] }): void;
    _notificationCallback: (notification: unknown) => void;
  }

  interface Parsed {
    attributes?: { type: string; value?: string }[];
    changedsince?: number;
  }

  type CommandHandler = (connection: Connection, parsed: Parsed, data: string, callback: () => void) => void;

  interface HoodiecrowServer extends EventEmitter {
    server: Server;
    createClient(socket: Socket): void;
    getMailbox(path: string): StoredFolder | undefined;
    appendMessage(
      mailbox: StoredFolder | string,
      flags: string[],
      internaldate: string,
      raw: string,
    ): { mailbox: StoredFolder; message: StoredMessage };
    createMailbox(path: string, folder?: StoredFolder): void;
    getMessageRange(mailbox: StoredFolder, range: string, isUid: boolean): [number, StoredMessage][];
    getCommandHandler(command: string): CommandHandler;
    setCommandHandler(command: string, handler: CommandHandler): void;
    outputHandlers: ((connection: Connection, response: unknown, description?: string) => void)[];
  }

  interface Options {
    plugins?: (string | ((server: HoodiecrowServer) => void))[];
    users?: Record<string, User>;
    storage?: { INBOX: StoredFolder; '': StoredNamespace };
    debug?: boolean;
  }

  export default function hoodiecrow(options: Options): HoodiecrowServer;
}
