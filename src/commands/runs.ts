import { validate as isUuid } from 'uuid';
import { findRun, listRuns, type RunDetails } from '../db/runs.js';
import { RUN_STATUSES, type RunStatus } from '../db/schema/service.js';
import { exitWith } from '../process.js';
import type { AppDependencies } from '../routes/environment.js';
import { findTask, withContext } from './context.js';
import { type JsonOption, print, printJson, table } from './table.js';
import { localTime } from './time.js';

interface RunsOptions extends JsonOption {
  task?: string;
  status?: string;
  limit: number;
}

/** The history; with an id, all about that run. */
export const runsCommand = (id: string | undefined, options: RunsOptions): Promise<void> =>
  withContext((deps) => (id ? showRun(deps, id, options) : showRuns(deps, options)));

async function showRuns(deps: AppDependencies, { task, status, limit, json }: RunsOptions): Promise<void> {
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
        localTime(run.startedAt, deps.config.TIMEZONE),
        run.task,
        statusOf(run),
        String(run.durationMs ?? ''),
        run.id,
        run.message ?? '',
      ]),
    ),
  );
}

async function showRun({ db, tasks, config }: AppDependencies, id: string, { json }: JsonOption) {
  const run = isUuid(id) ? await findRun(db, id) : undefined;
  if (!run || tasks.every(({ name }) => name !== run.task)) exitWith(`No run ${id}`);
  if (json) return printJson(run);
  printRun(run, config.TIMEZONE);
}

function printRun(run: RunDetails, timeZone: string): void {
  const time = (iso: string | null) => localTime(iso, timeZone);
  const { durationMs, message } = run;
  const facts = [
    ['run', run.id],
    ['task', run.task],
    ['status', statusOf(run)],
    ['started', `${time(run.startedAt)} by ${run.trigger} on ${run.host}`],
    ['finished', `${time(run.finishedAt)}${durationMs === null ? '' : ` after ${durationMs} ms`}`],
    ...(message ? [['message', message]] : []),
  ];
  print(facts.map(([name = '', value]) => `${name.padEnd(10)}${value}\n`).join(''));
  for (const [name, value] of Object.entries(run.stats)) print(`  ${name}: ${value}\n`);
  for (const { item, message: problem } of run.errors) print(`  ! ${item}: ${problem}\n`);
  if (Array.isArray(run.details))
    for (const detail of run.details) print(`  would: ${JSON.stringify(detail)}\n`);
  for (const line of run.log) print(`${logLine(line as LogLine, time)}\n`);
}

interface LogLine {
  at: string;
  level: string;
  message: string;
}

function logLine({ at, level, message, ...rest }: LogLine, time: (iso: string) => string): string {
  const fields = Object.keys(rest).length > 0 ? ` ${JSON.stringify(rest)}` : '';
  return `${time(at)} ${level} ${message}${fields}`;
}

const statusOf = ({ status, dryRun }: Pick<RunDetails, 'status' | 'dryRun'>): string =>
  dryRun ? `${status} (dry)` : status;
