import { setTimeout as sleep } from 'node:timers/promises';
import { type NodeExporter, nodeExporters } from '../../../clients/node-exporter.js';
import { AppError } from '../../../errors.js';
import { readLocalMachine } from '../../../machine/local.js';
import type { MachineReading } from '../../../machine/reading.js';
import { unlessItFails } from '../../unless-it-fails.js';
import { APP, DATABASE, LOCAL, type Measured, nothingMeasured, type PerformanceContext } from './model.js';

const AT_ONCE = 32;

export const exportersOf = ({ nodeExporters: addresses }: PerformanceContext): NodeExporter[] =>
  nodeExporters(addresses, [LOCAL, APP, DATABASE]);

/** The machine of the service, read below `root`. */
export async function measureLocally(context: PerformanceContext, root: string): Promise<Measured> {
  const at = context.now();
  const reading = await unlessItFails(context, LOCAL, () => readLocalMachine({ root }));
  return reading ? measuredOf(LOCAL, reading, at) : nothingMeasured();
}

/**
 * Other machines. One that does not answer is a finding of this task with an incident of its own, no failure of it; it
 * is asked again after each pause first, for a restart of its exporter wakes nobody.
 */
export async function measureExporters(context: PerformanceContext, pausesMs: number[]): Promise<Measured[]> {
  const measured: Measured[] = [];
  let unread = exportersOf(context);
  let reasons = await readAll(context, unread, measured);
  for (const pauseMs of context.dryRun ? [] : pausesMs) {
    unread = unread.filter(({ name }) => reasons.has(name));
    if (unread.length === 0) break;
    await pause(pauseMs, context.signal);
    reasons = await readAll(context, unread, measured);
  }
  return [...measured, { ...nothingMeasured(), unreadable: reasons }];
}

/** @returns why some could not be read */
async function readAll(context: PerformanceContext, exporters: NodeExporter[], measured: Measured[]) {
  const { each, signal, now, messages, log } = context;
  const reasons = new Map<string, string>();
  await each(exporters, { concurrency: AT_ONCE, name: ({ name }) => name }, async (exporter) => {
    const at = now();
    try {
      measured.push(measuredOf(exporter.name, await exporter.read(signal), at));
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      log.warn({ machine: exporter.name, err: error }, 'this machine cannot be read');
      reasons.set(exporter.name, error.text(messages));
    }
  });
  return reasons;
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => signal.throwIfAborted());
}

function measuredOf(source: string, reading: MachineReading, at: Date): Measured {
  const { gauges, instance, counters, cores } = reading;
  return {
    samples: [...gauges].map(([metric, value]) => ({ source, metric, at, value })),
    counters: [{ source, instance, values: counters, cores }],
    unreadable: new Map(),
  };
}
