import { printable } from '../../../machine/reading.js';
import { APP, DATABASE, LOCAL, type PerformanceContext } from './model.js';

/** What all incidents of this task begin with. */
export const PREFIX = 'performance:';

/** The source of an incident: `performance:<machine>:<metric>`. */
export const sourceOf = (machine: string, what: string): string => `${PREFIX}${machine}:${what}`;

/** Of all node_exporters together. */
export const EXPORTERS = 'node_exporter';

/** Of what is no machine, or of none in particular. */
export const TAKEN_NAMES = [LOCAL, APP, DATABASE, EXPORTERS];

const LONGEST_NAME = 100;

/** The machine of the service by its host name: replicas that share a database are told apart. */
export function ownName(hostname: string): string {
  const name = printable(hostname).trim().slice(0, LONGEST_NAME) || LOCAL;
  return name !== LOCAL && TAKEN_NAMES.includes(name) ? `${name} (2)` : name;
}

/** What people call a machine. */
export function machineName(source: string, { messages, site }: PerformanceContext): string {
  const { machines } = messages.performance;
  if (source === DATABASE) return machines.database;
  return source === APP ? new URL(site.appUrl).host : source;
}
