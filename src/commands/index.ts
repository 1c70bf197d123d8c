import { READ_KEY, taskKey } from '../auth.js';
import { databaseProblem } from '../database-problem.js';
import { migrate } from '../db/migrate.js';
import { AppError, describeError } from '../errors.js';
import { exitWith } from '../process.js';
import { outcomeAnswer, overlapAnswer } from '../routes/answer.js';
import type { AppDependencies } from '../routes/environment.js';
import { scheduleOf, taskSettings } from '../task-settings.js';
import type { AnyTask } from '../tasks/define.js';
import { findTask, withContext } from './context.js';
import { type JsonOption, print, printJson, table } from './table.js';

interface RunOptions extends JsonOption {
  dryRun?: boolean;
  force?: boolean;
  preview?: boolean;
}

/** Exit code 0 when the run went well or was not needed, 1 otherwise; Ctrl-C interrupts it properly. */
export const runCommand = (name: string, options: RunOptions): Promise<void> =>
  withContext(async (deps) => {
    const task = findTask(deps, name);
    const { json, dryRun = false, force = false, preview } = options;
    const interrupt = () => void deps.runner.drain(0);
    process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
    try {
      if (preview) return print(await previewOf(task, deps));
      const started = await deps.runner.start({ task, input: {}, dryRun, force, trigger: 'cli' });
      if (started.overlap) {
        const body = overlapAnswer(task.name, started, deps.messages, deps.now());
        return json ? printJson(body) : print(`${body.message} (${body.runId})\n`);
      }
      const outcome = await started.outcome;
      const { body } = outcomeAnswer(task.name, started.runId, outcome, dryRun, deps.now());
      if (json) printJson(body);
      else printOutcome(body);
      if (!body.success) process.exitCode = 1;
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      process.stderr.write(`${deps.scrub(databaseProblem(error) ?? describeError(error, deps.messages))}\n`);
      process.exitCode = 1;
    }
  });

async function previewOf(task: AnyTask, { runner }: AppDependencies): Promise<string> {
  if (!task.preview) exitWith(`${task.name} has no preview: only reports have one`);
  return runner.preview(task, { preview: true });
}

function printOutcome(body: ReturnType<typeof outcomeAnswer>['body']): void {
  print(`${body.status}: ${body.message} (${body.durationMs} ms, ${body.runId})\n`);
  for (const [name, value] of Object.entries(body.stats)) print(`  ${name}: ${value}\n`);
  for (const { item, message } of body.errors) print(`  ! ${item}: ${message}\n`);
  for (const detail of body.details ?? []) print(`  would: ${JSON.stringify(detail)}\n`);
}

/** Schedules come from the settings where the database can be asked; the URLs need only the configuration. */
export const urlsCommand = ({ wait, json }: { wait?: number } & JsonOption): Promise<void> =>
  withContext(async ({ config, tasks, db }) => {
    const settings = await taskSettings(db).catch(() => {
      process.stderr.write('The settings cannot be read: these are the recommended schedules\n');
      return new Map<string, string>();
    });
    const urls = tasks.map((task) => {
      const url = new URL(config.PUBLIC_URL + task.path);
      if (wait !== undefined) url.searchParams.set('wait', String(wait));
      if (config.CRON_SECRET) url.searchParams.set('secret', taskKey(config.CRON_SECRET, task.name));
      const schedule = scheduleOf(task, settings);
      return { task: task.name, schedule, timezone: config.TIMEZONE, url: url.toString() };
    });
    if (json) return printJson(urls);
    print(
      table(
        ['TASK', 'SCHEDULE', 'URL'],
        urls.map(({ task, schedule, url }) => [task, schedule, url]),
      ),
    );
    const toRead = ['/tasks/health', '/metrics'].map((path) => {
      const url = new URL(config.PUBLIC_URL + path);
      if (config.CRON_SECRET) url.searchParams.set('secret', taskKey(config.CRON_SECRET, READ_KEY));
      return url.toString();
    });
    print(`\nFor an uptime monitor, and for Prometheus:\n${toRead.join('\n')}\n`);
  });

export const migrateCommand = (): Promise<void> =>
  withContext(async ({ db }) => {
    const applied = await migrate(db);
    print(
      applied === 0 ? 'Nothing to apply: the database is up to date\n' : `Applied ${applied} migration(s)\n`,
    );
  });
