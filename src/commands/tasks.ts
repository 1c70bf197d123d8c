import { sql } from 'drizzle-orm';
import { type CatalogueEntry, catalogue } from '../catalogue.js';
import type { Database } from '../db/client.js';
import { withContext } from './context.js';
import { type JsonOption, print, printJson, table } from './table.js';
import { localTime } from './time.js';

export const tasksCommand = ({ json }: JsonOption): Promise<void> =>
  withContext(async (deps) => {
    const { db, config } = deps;
    const [tasks, failingSince] = await Promise.all([
      catalogue({ ...deps, missing: deps.runner.missing, now: deps.now() }),
      openIncidents(db),
    ]);
    const entries = tasks.map((task) => ({ ...task, failingSince: failingSince.get(task.name) ?? null }));
    if (json) return printJson(entries);
    const time = (iso: string | null) => localTime(iso, config.TIMEZONE);
    print(
      table(
        ['TASK', 'SCHEDULE', 'LAST RUN', 'FAILING SINCE', 'NEXT', 'STATE'],
        entries.map((task) => [
          task.name,
          task.schedule,
          task.lastRun ? `${time(task.lastRun.startedAt)} ${task.lastRun.status}` : 'never',
          time(task.failingSince),
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

/** By task: since when its incident is open. */
async function openIncidents(db: Database): Promise<Map<string, string>> {
  const rows = await db.rows<{ task: string; openedAt: string }>(sql`
    select substr(source, length('task:') + 1) as task, opened_at as "openedAt" from cronhook.incidents
    where resolved_at is null and source like 'task:%'
  `);
  return new Map(rows.map(({ task, openedAt }) => [task, new Date(openedAt).toISOString()]));
}
