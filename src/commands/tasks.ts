import { type CatalogueEntry, catalogue } from '../catalogue.js';
import { withContext } from './context.js';
import { type JsonOption, print, printJson, table } from './table.js';
import { localTime } from './time.js';

export const tasksCommand = ({ json }: JsonOption): Promise<void> =>
  withContext(async (deps) => {
    const entries = await catalogue({ ...deps, missing: deps.runner.missing, now: deps.now() });
    if (json) return printJson(entries);
    const time = (iso: string | null) => localTime(iso, deps.config.TIMEZONE);
    print(
      table(
        ['TASK', 'SCHEDULE', 'LAST RUN', 'NEXT', 'STATE'],
        entries.map((task) => [
          task.name,
          task.schedule,
          task.lastRun ? `${time(task.lastRun.startedAt)} ${task.lastRun.status}` : 'never',
          time(task.nextRunAt),
          stateOf(task, time),
        ]),
      ),
    );
  });

function stateOf({ missing, health }: CatalogueEntry, time: (iso: string | null) => string): string {
  switch (health.state) {
    case 'not_configured':
      return `set ${missing.join(', ')}`;
    case 'late':
    case 'failing':
      return `${health.state} since ${time(health.since)}`;
    case 'disabled':
      return 'disabled';
    default:
      return 'ready';
  }
}
