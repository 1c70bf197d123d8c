import { setTimeout as sleep } from 'node:timers/promises';
import { type NodeExporter, nodeExporters } from '../../../clients/node-exporter.js';
import { AppError } from '../../../errors.js';
import { readLocalMachine } from '../../../machine/local.js';
import type { MachineReading } from '../../../machine/reading.js';
import { unlessItFails } from '../../unless-it-fails.js';
import { type Measured, nothingMeasured, type PerformanceContext, together } from './model.js';
import { TAKEN_NAMES } from './names.js';

const AT_ONCE = 32;

/** @param own the name of the machine of the service */
export const exportersOf = ({ nodeExporters: addresses }: PerformanceContext, own: string): NodeExporter[] =>
  nodeExporters(addresses, [own, ...TAKEN_NAMES]);

/** The machine of the service, read below `root`. */
export async function measureLocally(
  context: PerformanceContext,
  own: string,
  root: string,
): Promise<Measured> {
  const at = context.now();
  const reading = await unlessItFails(context, own, () => readLocalMachine({ root }));
  return reading ? measuredOf(own, reading, at) : nothingMeasured();
}

/**
 * Other machines. One that does not answer is a finding of this task with an incident of its own, no failure of it; it
 * is asked again after each pause first, for a restart of its exporter wakes nobody.
 */
export async function measureExporters(
  context: PerformanceContext,
  exporters: NodeExporter[],
  pausesMs: number[],
): Promise<Measured> {
  const measured: Measured[] = [];
  let unread = exporters;
  let reasons = await readAll(context, unread, measured);
  for (const pauseMs of context.dryRun ? [] : pausesMs) {
    unread = unread.filter(({ name }) => reasons.has(name));
    if (unread.length === 0) break;
    await pause(pauseMs, context.signal);
    reasons = await readAll(context, unread, measured);
  }
  return together([...measured, { ...nothingMeasured(), unreadable: reasons }]);
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
  const { gauges, readOnly, instance, counters, cores } = reading;
  const samples = [...gauges].map(([metric, value]) => {
    const unjudged = readOnly.has(metric) && { unjudged: true as const };
    return { source, metric, at, value, ...unjudged };
  });
  return { ...nothingMeasured(), samples, counters: [{ source, instance, values: counters, cores }] };
}
