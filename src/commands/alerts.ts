import { databaseProblem } from '../database-problem.js';
import { AppError, describeError } from '../errors.js';
import { alertsTest, type ChannelResult } from '../incidents/alerts-test.js';
import { exitWith } from '../process.js';
import type { AppDependencies } from '../routes/environment.js';
import { missingVariables } from '../services.js';
import { halfChannels } from '../warnings.js';
import { withContext } from './context.js';
import { print, table } from './table.js';

type Channel = ChannelResult['channel'];

/** Exit code 1 when a channel that is configured has failed, or is configured by half. */
export const alertsTestCommand = (): Promise<void> =>
  withContext(async (deps) => {
    const { runner, messages, scrub } = deps;
    const missing = missingOf(deps);
    const interrupt = () => void runner.drain(0);
    process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
    const results: ChannelResult[] = [];
    const task = alertsTest((result) => results.push(result));
    try {
      const started = await runner.start({ task, input: {}, dryRun: false, force: false, trigger: 'cli' });
      if (started.overlap) exitWith('Another test of the alerts is running: wait for its end');
      const { status, message } = await started.outcome;
      if (status !== 'succeeded') {
        process.stderr.write(`${message}\n`);
        process.exitCode = 1;
      }
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      process.stderr.write(`${scrub(databaseProblem(error) ?? describeError(error, messages))}\n`);
      process.exitCode = 1;
    }
    const half = new Set<Channel>(halfChannels(deps.config).map(({ channel }) => channel));
    print(scrub(table(['CHANNEL', 'RESULT'], rowsOf(results, missing, half))));
    if (half.size > 0) process.exitCode = 1;
    if (results.some((result) => result.problem !== undefined && missing[result.channel].length === 0))
      process.exitCode = 1;
  });

/** By channel, the variables that it lacks. */
function missingOf({ config }: AppDependencies): Record<Channel, string[]> {
  return {
    application: [],
    mail: missingVariables(config, { needs: ['mail', 'administrator'] }),
    SMS: [...missingVariables(config, { needs: ['sms'] }), ...(config.ADMIN_SMS ? [] : ['ADMIN_SMS'])],
  };
}

const rowsOf = (
  results: ChannelResult[],
  missing: Record<Channel, string[]>,
  half: Set<Channel>,
): string[][] =>
  (Object.keys(missing) as Channel[]).map((channel) => {
    const how = half.has(channel) ? 'configured by half' : 'not configured';
    if (missing[channel].length > 0) return [channel, `${how}: set ${missing[channel].join(', ')}`];
    const result = results.find((one) => one.channel === channel);
    if (!result) return [channel, 'failed: not tried'];
    return [channel, result.problem === undefined ? `sent to ${result.to}` : `failed: ${result.problem}`];
  });
