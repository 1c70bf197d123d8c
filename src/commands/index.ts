import { taskKey } from '../auth.js';
import { catalogue, scheduleOf, taskSettings } from '../catalogue.js';
import { type Config, ConfigError, loadConfig, VARIABLES } from '../config.js';
import { chosenTasks } from '../context.js';
import { migrate } from '../db/migrate.js';
import { listRuns } from '../db/runs.js';
import { RUN_STATUSES, type RunStatus } from '../db/schema/service.js';
import { AppError, describeError } from '../errors.js';
import { exitWith, readEnvironment } from '../process.js';
import { outcomeAnswer, overlapAnswer } from '../routes/answer.js';
import type { AppDependencies } from '../routes/environment.js';
import { Secret } from '../secret.js';
import type { AnyTask } from '../tasks/define.js';
import { configurationWarnings } from '../warnings.js';
import { withContext } from './context.js';
import { print, printJson, table } from './table.js';

interface JsonOption {
  json?: boolean;
}

export const tasksCommand = ({ json }: JsonOption): Promise<void> =>
  withContext(async (deps) => {
    const entries = await catalogue({ ...deps, missing: deps.runner.missing, now: deps.now() });
    if (json) return printJson(entries);
    print(
      table(
        ['TASK', 'SCHEDULE', 'LAST RUN', 'NEXT', 'STATE'],
        entries.map((task) => [
          task.name,
          task.schedule,
          task.lastRun ? `${shortTime(task.lastRun.startedAt)} ${task.lastRun.status}` : 'never',
          shortTime(task.nextRunAt),
          !task.configured ? `set ${task.missing.join(', ')}` : task.enabled ? 'ready' : 'disabled',
        ]),
      ),
    );
  });

interface RunOptions extends JsonOption {
  dryRun?: boolean;
  force?: boolean;
}

/** Exit code 0 when the run went well or was not needed, 1 otherwise; Ctrl-C interrupts it properly. */
export const runCommand = (name: string, options: RunOptions): Promise<void> =>
  withContext(async (deps) => {
    const task = findTask(deps, name);
    const { json, dryRun = false, force = false } = options;
    const interrupt = () => void deps.runner.drain(0);
    process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
    try {
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
      process.stderr.write(`${deps.scrub(describeError(error, deps.messages))}\n`);
      process.exitCode = 1;
    }
  });

function printOutcome(body: ReturnType<typeof outcomeAnswer>['body']): void {
  print(`${body.status}: ${body.message} (${body.durationMs} ms, ${body.runId})\n`);
  for (const [name, value] of Object.entries(body.stats)) print(`  ${name}: ${value}\n`);
  for (const { item, message } of body.errors) print(`  ! ${item}: ${message}\n`);
  for (const detail of body.details ?? []) print(`  would: ${JSON.stringify(detail)}\n`);
}

interface RunsOptions extends JsonOption {
  task?: string;
  status?: string;
  limit: number;
}

export const runsCommand = ({ task, status, limit, json }: RunsOptions): Promise<void> =>
  withContext(async (deps) => {
    const tasks = task ? [findTask(deps, task).name] : deps.tasks.map(({ name }) => name);
    if (status && !RUN_STATUSES.includes(status as RunStatus)) {
      exitWith(`Unknown status ${status}: expected ${RUN_STATUSES.join(', ')}`);
    }
    const runs = await listRuns(deps.db, { tasks, status: status as RunStatus | undefined, limit });
    if (json) return printJson(runs);
    print(
      table(
        ['STARTED', 'TASK', 'STATUS', 'MS', 'RUN', 'MESSAGE'],
        runs.map((run) => [
          shortTime(run.startedAt),
          run.task,
          run.dryRun ? `${run.status} (dry)` : run.status,
          String(run.durationMs ?? ''),
          run.id,
          run.message ?? '',
        ]),
      ),
    );
  });

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
  });

export const migrateCommand = (): Promise<void> =>
  withContext(async ({ db }) => {
    const applied = await migrate(db);
    print(
      applied === 0 ? 'Nothing to apply: the database is up to date\n' : `Applied ${applied} migration(s)\n`,
    );
  });

export function configCheck({ json }: JsonOption): void {
  const problems: string[] = [];
  const warnings: string[] = [];
  let config: Config | undefined;
  try {
    config = loadConfig(readEnvironment());
    warnings.push(...configurationWarnings(config, chosenTasks(config)));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    problems.push(...error.problems);
  }
  if (problems.length > 0) process.exitCode = 1;
  const variables = config
    ? VARIABLES.map((name) => ({
        name,
        value: shown(config[name]),
        from: process.env[name] || process.env[`${name}_FILE`] ? 'environment' : 'default',
      }))
    : [];
  if (json) {
    printJson({ ok: problems.length === 0, problems, warnings, variables });
    return;
  }
  if (problems.length > 0) {
    process.stderr.write(`${new ConfigError(problems).message}\n`);
    return;
  }
  print(
    table(
      ['VARIABLE', 'FROM', 'VALUE'],
      variables.filter(({ value }) => value !== '').map(({ name, from, value }) => [name, from, value]),
    ),
  );
  print('The configuration is valid\n');
  for (const warning of warnings) print(`  ! ${warning}\n`);
}

function shown(value: unknown): string {
  if (value === undefined) return '';
  if (value instanceof Secret) return value.toString();
  return Array.isArray(value)
    ? value.map((item) => (Array.isArray(item) ? item.join('/') : item)).join(',')
    : String(value);
}

function findTask({ tasks }: AppDependencies, name: string): AnyTask {
  const task = tasks.find((candidate) => candidate.name === name);
  if (!task) exitWith(`Unknown task ${name}: expected ${tasks.map((known) => known.name).join(', ')}`);
  return task;
}

const shortTime = (iso: string | null): string => (iso ? iso.replace('T', ' ').slice(0, 19) : '-');
