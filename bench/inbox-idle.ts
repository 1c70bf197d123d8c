import type { Dovecot } from '../test/support/dovecot.js';
import { benchMails } from '../test/support/mail-corpus.js';
import { atMost, type Bench, type BenchOptions, type Measurement, median, timed } from './bench.js';
import { addMailboxes, fillMailboxes, missingDovecot, startMailServer, sync } from './mailboxes.js';
import { type BenchService, POSTGRES_NOTE, startPostgres, startService } from './service.js';

const MAILBOXES = 10;

/** As Dovecot comes: it keeps INBOX out of its list index, and looks at the whole of it for each LIST-STATUS. */
export const bench = idleBench('', 'Dovecot as it comes, with CONDSTORE and QRESYNC, no TLS');

/** What is left when the server's own cost does not grow with the mailbox. */
export const indexed = {
  bench: idleBench(
    'mailbox_list_index_include_inbox = yes',
    'Dovecot with mailbox_list_index_include_inbox = yes, CONDSTORE and QRESYNC, no TLS',
  ),
};

function idleBench(extraConfig: string, server: string): Bench {
  return { missing: missingDovecot, measure: (options) => measure(options, extraConfig, server) };
}

async function measure(options: BenchOptions, extraConfig: string, server: string): Promise<Measurement> {
  const { runs = 15, quick, say } = options;
  const [large, small] = quick ? [1_000, 100] : [10_000, 100];
  const dovecot = await startMailServer(options, extraConfig);
  const postgres = await startPostgres(options);
  const full = await startService(postgres);
  options.atEnd(full.stop);
  const sparse = await startService(postgres);
  options.atEnd(sparse.stop);
  await prepare(full, dovecot, large, options);
  await prepare(sparse, dovecot, small, options);

  const times: { full: number[]; sparse: number[] } = { full: [], sparse: [] };
  for (let run = 0; run < runs; run++) {
    times.full.push(await timed(() => sync(full, 0)));
    times.sparse.push(await timed(() => sync(sparse, 0)));
  }
  say(`${MAILBOXES} mailboxes of ${large}: ${times.full.map(Math.round).join(', ')} ms`);
  say(`${MAILBOXES} mailboxes of ${small}: ${times.sparse.map(Math.round).join(', ')} ms`);
  return {
    figure: median(times.full),
    baseline: median(times.sparse),
    unit: 'ms',
    goal: atMost(1.2),
    notes: [
      `medians of ${runs} syncs in turn of ${MAILBOXES} mailboxes with ${large} and with ${small} messages, two services side by side`,
      `${server}; ${POSTGRES_NOTE}`,
    ],
  };
}

/** Brings the mailboxes to where nothing is new, and syncs once more to warm up. */
async function prepare(
  service: BenchService,
  dovecot: Dovecot,
  perMailbox: number,
  { say }: BenchOptions,
): Promise<void> {
  say(`filling and fetching ${MAILBOXES} mailboxes of ${perMailbox} messages`);
  const users = fillMailboxes(dovecot, `idle-${perMailbox}-`, MAILBOXES, () => smallMails(perMailbox));
  await addMailboxes(service, dovecot, users);
  await sync(service, MAILBOXES * perMailbox);
  // The statistics that an autovacuum would have gathered by the next scheduled call.
  await service.db.query.execute('analyze');
  await sync(service, 0);
}

/** Without attachments: what lies in a mailbox does not matter, only how many. */
function* smallMails(count: number): Generator<Buffer> {
  let left = count;
  for (const mail of benchMails(count * 2)) {
    if (mail.length > 10_000) continue;
    if (left-- === 0) return;
    yield mail;
  }
}
