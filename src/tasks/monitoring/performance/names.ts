import { APP, DATABASE, LOCAL, type PerformanceContext } from './model.js';

/** What all incidents of this task begin with. */
export const PREFIX = 'performance:';

/** The source of an incident: `performance:<machine>:<metric>`. */
export const sourceOf = (machine: string, what: string): string => `${PREFIX}${machine}:${what}`;

/** What people call a machine. */
export function machineName(source: string, { messages, site }: PerformanceContext): string {
  const { machines } = messages.performance;
  if (source === LOCAL) return machines.local;
  if (source === DATABASE) return machines.database;
  return source === APP ? new URL(site.appUrl).host : source;
}
