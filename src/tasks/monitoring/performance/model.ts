import type { Capabilities, RunContext } from '../../define.js';

export type PerformanceContext = RunContext<unknown> &
  Pick<Capabilities, 'db' | 'nodeExporters'> &
  Partial<Pick<Capabilities, 'mail' | 'sms' | 'vault'>>;

/**
 * One value of `metric_samples`. Sources are the host name of the service's own machine, `app` (APP_URL), `database`, and
 * the host and port of a node_exporter; a disk's mount follows the metric: `disk_percent:/data`.
 */
export interface Sample {
  source: string;
  metric: string;
  at: Date;
  value: number;
  /** Words on this very value, for those who are alerted of it. */
  detail?: string;
  /** Of too short a while to alarm anybody, or of a disk that nobody writes to. */
  unjudged?: true;
  /** What can be seen of it: enough to begin an incident, never to end one, and no figure to keep. */
  atLeast?: true;
}

/** In settings: whichever machine the service runs on. */
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
  /** Measures of PostgreSQL that its other sessions hide. */
  hidden: number;
}

export const nothingMeasured = (): Measured => ({
  samples: [],
  counters: [],
  unreadable: new Map(),
  hidden: 0,
});

export const together = (parts: Measured[]): Measured => ({
  samples: parts.flatMap(({ samples }) => samples),
  counters: parts.flatMap(({ counters }) => counters),
  unreadable: new Map(parts.flatMap(({ unreadable }) => [...unreadable])),
  hidden: parts.reduce((sum, { hidden }) => sum + hidden, 0),
});
