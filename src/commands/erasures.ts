import { AppError, describeError } from '../errors.js';
import { exitWith } from '../process.js';
import { replayErasures } from '../tasks/accounts/replay.js';
import { withContext } from './context.js';
import { print } from './table.js';

/** May be killed and repeated. Exit code 1 when somebody could not be deleted, or an erasure could not be read. */
export const erasuresReplayCommand = ({ dryRun = false }: { dryRun?: boolean }): Promise<void> =>
  withContext(
    async ({ services, db, messages, site, scrub, now }) => {
      const { storage, stripe, vault } = services;
      if (!storage) exitWith('There is no storage to read the erasures from: set S3_BUCKET');
      const complain = (text: string) => {
        process.stderr.write(`${scrub(text)}\n`);
        process.exitCode = 1;
      };
      const tell = {
        returned: (userId: string) => print(`${dryRun ? 'would delete' : 'deleting'} again: ${userId}\n`),
        closed: (companyId: string) =>
          print(`${dryRun ? 'would close' : 'closed'} the company ${companyId}: its last member is gone\n`),
        leftEmpty: (companyId: string) =>
          print(
            `company ${companyId}: nobody ${dryRun ? 'would be' : 'is'} left in it here, and no erasure says that it ` +
              'closed; it and its data stay: decide what becomes of them\n',
          ),
        unreadable: (key: string) => complain(`${key} is no erasure: left out`),
        failed: (userId: string, error: unknown) => complain(`${userId}: ${describeError(error, messages)}`),
      };
      try {
        const tally = await replayErasures({
          db,
          storage,
          stripe,
          vault,
          messages,
          adminEmail: site.adminEmail,
          now,
          dryRun,
          tell,
        });
        print(
          `${tally.erasures} erasure(s) read, ${tally.returned} account(s) had come back: ${tally.deleted} deleted ` +
            `again, ${tally.failed} failed; ${tally.recorded} audit row(s) restored\n`,
        );
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        complain(describeError(error, messages));
      }
    },
    { without: ['CRON_SECRET'] },
  );
