import { describeError } from '../errors.js';
import { exitWith } from '../process.js';
import { replayErasures } from '../tasks/accounts/replay.js';
import { withContext } from './context.js';
import { print } from './table.js';

/** Exit code 1 when somebody could not be deleted again, or an erasure could not be read. */
export const erasuresReplayCommand = ({ dryRun = false }: { dryRun?: boolean }): Promise<void> =>
  withContext(async ({ services, db, messages, scrub, now }) => {
    const { storage, stripe, vault } = services;
    if (!storage) exitWith(messages.errors.notConfigured(['S3_BUCKET']));
    const interrupted = new AbortController();
    process.once('SIGINT', () => interrupted.abort()).once('SIGTERM', () => interrupted.abort());
    const complain = (text: string) => process.stderr.write(`${scrub(text)}\n`);
    const tally = await replayErasures({
      db,
      storage,
      stripe,
      vault,
      messages,
      now,
      signal: interrupted.signal,
      dryRun,
      tell: {
        returned: (userId) => print(`${dryRun ? 'would delete' : 'deleting'} again: ${userId}\n`),
        unreadable: (key) => complain(`${key} is no erasure: it was left out`),
        failed: (userId, error) => complain(`${userId}: ${describeError(error, messages)}`),
      },
    });
    print(
      `${tally.erasures} erasures, ${tally.returned} accounts had come back: ${tally.deleted} deleted again, ` +
        `${tally.failed} failed; ${tally.recorded} entries of the audit trail restored\n`,
    );
    if (tally.failed > 0 || tally.unreadable > 0) process.exitCode = 1;
  });
