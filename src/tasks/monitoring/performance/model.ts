import type { Capabilities, RunContext } from '../../define.js';

export type PerformanceContext = RunContext<unknown> &
  Pick<Capabilities, 'db' | 'nodeExporters'> &
  Partial<Pick<Capabilities, 'mail' | 'sms' | 'vault'>>;

/**
 * One value of `metric_samples`. Sources are `local` (the machine of the service), `app` (APP_URL), `database`, and the
 * host and port of a node_exporter; a disk's mount follows the metric: `disk_percent:/data`.
 */
export interface Sample {
  source: string;
  metric: string;
  at: Date;
  value: number;
  /** Words on this very value, for those who are alerted of it. */
  detail?: string;
  /** Of too short a while to alarm anybody. */
  unjudged?: true;
}

export const LOCAL = 'local';
export const APP = 'app';
export const DATABASE = 'database';

/** What counts on and on, and who counts. */
export interface Counters {
  source: string;
  instance: string;
  values: ReadonlyMap<string, number>;
  /** Processors that `cpu_seconds` could fill. */
  cores?: number | undefined;
}

/** What was found by one look at everything. */
export interface Measured {
  samples: Sample[];
  counters: Counters[];
  /** Machines that could not be read, with the reason. */
  unreadable: Map<string, string>;
}

export const nothingMeasured = (): Measured => ({ samples: [], counters: [], unreadable: new Map() });
