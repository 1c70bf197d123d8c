import { execFile } from 'node:child_process';
import { accessSync, constants, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import type { Dovecot } from '../test/support/dovecot.js';
import { benchMails } from '../test/support/mail-corpus.js';
import { atLeast, type Bench, type BenchOptions, median, timed } from './bench.js';
import {
  addMailboxes,
  fillMailboxes,
  forgetIndexes,
  missingDovecot,
  PASSWORD,
  startMailServer,
  sync,
} from './mailboxes.js';
import { POSTGRES_NOTE, startPostgres, startService } from './service.js';

const MAILBOXES = 10;

export const bench: Bench = {
  missing: () => missingDovecot() ?? (mbsyncAvailable() ? undefined : 'isync'),

  async measure(options) {
    const { runs = 3, quick, say } = options;
    const perMailbox = quick ? 100 : 1_000;
    const total = MAILBOXES * perMailbox;
    const dovecot = await startMailServer(options);
    const postgres = await startPostgres(options);
    say(`filling ${MAILBOXES} mailboxes with ${perMailbox} messages each`);
    const users = fillMailboxes(dovecot, 'first', MAILBOXES, () => benchMails(perMailbox));

    const rates: { service: number[]; mbsync: number[] } = { service: [], mbsync: [] };
    for (let run = 0; run < runs; run++) {
      const service = await startService(postgres);
      await addMailboxes(service, dovecot, users);
      forgetIndexes(dovecot, users);
      rates.service.push((total / (await timed(() => sync(service, total)))) * 1000);
      const { INBOX_CONCURRENCY } = service.config;
      await service.stop();
      const mbsync = prepareMbsync(options, dovecot, users);
      forgetIndexes(dovecot, users);
      rates.mbsync.push((total / (await timed(mbsync.fetch))) * 1000);
      if (mbsync.count() !== total) throw new Error(`mbsync fetched ${mbsync.count()} of ${total} messages`);
      mbsync.remove();
      const [ours, theirs] = [rates.service.at(-1) as number, rates.mbsync.at(-1) as number];
      say(
        `run ${run + 1} of ${runs}: ${ours.toFixed(0)} and ${theirs.toFixed(0)} messages/s (${INBOX_CONCURRENCY} at a time)`,
      );
    }
    return {
      figure: median(rates.service),
      baseline: median(rates.mbsync),
      unit: 'messages/s',
      goal: atLeast(2),
      notes: [
        `medians of ${runs} runs in turn, each from nothing and with Dovecot's indexes removed; no TLS`,
        'mbsync -a with its defaults: one mailbox after the other, whole messages, each synced to disk (FSync yes)',
        `service: INBOX_CONCURRENCY 4 (its default), texts without attachments; ${POSTGRES_NOTE}`,
      ],
    };
  },
};

function mbsyncAvailable(): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, 'mbsync'), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** An empty set of Maildirs, on the same disk as the database. */
function prepareMbsync({ atEnd }: BenchOptions, dovecot: Dovecot, users: string[]) {
  const home = mkdtempSync(join(tmpdir(), 'cronhook-mbsync-'));
  const remove = () => rmSync(home, { recursive: true, force: true });
  atEnd(remove);
  for (const user of users) mkdirSync(join(home, user));
  const file = join(home, 'mbsyncrc');
  writeFileSync(file, users.map((user) => channel(home, dovecot, user)).join('\n'), { mode: 0o600 });
  return {
    fetch: () =>
      promisify(execFile)('mbsync', ['-c', file, '-q', '-a'], { env: { ...process.env, HOME: home } }),
    count: () => users.reduce((sum, user) => sum + mailsIn(join(home, user, 'INBOX')), 0),
    remove,
  };
}

const mailsIn = (maildir: string): number =>
  ['new', 'cur'].reduce((sum, name) => sum + readdirSync(join(maildir, name)).length, 0);

/** Only what has no default, or none that works on a Dovecot without TLS. */
const channel = (home: string, dovecot: Dovecot, user: string): string => `
IMAPStore ${user}-far
Host ${dovecot.host}
Port ${dovecot.port}
User ${user}
Pass ${PASSWORD}
SSLType None
AuthMechs LOGIN

MaildirStore ${user}-near
Path ${home}/${user}/
Inbox ${home}/${user}/INBOX
SubFolders Verbatim

Channel ${user}
Far :${user}-far:
Near :${user}-near:
Patterns *
Create Near
SyncState *
`;
