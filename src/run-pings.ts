import { setTimeout as sleep } from 'node:timers/promises';
import { type Healthchecks, LARGEST_BODY_BYTES, type Ping } from './clients/healthchecks.js';
import { inTime } from './in-time.js';
import type { Logger } from './log.js';
import type { Outcome } from './run-outcome.js';

/** Before each further attempt. */
const PAUSES_MS = [1_000, 5_000, 15_000];
/** Whoever is told to wait longer gives up: by then there is newer to tell. */
const LONGEST_PAUSE_MS = 600_000;
/** Of more pings than these the oldest are given up. */
const MOST_UNDER_WAY = 100;
/** How long the end of the process waits for pings. */
const SETTLE_MS = 10_000;
const SHOWN_ERRORS = 10;

export type RunPings = ReturnType<typeof createRunPings>;

interface PingsOptions {
  healthchecks: Healthchecks;
  log: Logger;
  /** Tests wait less. */
  pausesMs?: number[];
}

interface UnderWay {
  controller: AbortController;
  done: Promise<void>;
}

/** Tells Healthchecks of runs, beside them: no run waits for it or fails with it. */
export function createRunPings({ healthchecks, log, pausesMs = PAUSES_MS }: PingsOptions) {
  const underWay = new Set<UnderWay>();

  /** @returns what to call with the outcome, and with whether that is the one that counts */
  function begin(task: string, runId: string): (outcome: Outcome, counts: boolean) => void {
    const ended = new AbortController();
    const start = send({ slug: task, runId, signal: 'start' }, Promise.resolve(), ended.signal);
    return (outcome, counts) => {
      ended.abort();
      const signal = counts ? signalOf(outcome) : 'log';
      void send({ slug: task, runId, signal, body: summaryOf(outcome) }, start);
    };
  }

  /** Waits for what is under way, but not long. */
  async function settle(): Promise<void> {
    await inTime(Promise.all([...underWay].map(({ done }) => done)), SETTLE_MS);
    if (underWay.size > 0)
      log.warn({ pings: underWay.size }, 'pings were given up at the end of the process');
    for (const { controller } of underWay) controller.abort();
  }

  /** Never rejects. What is no longer worth another attempt once `enough` aborts is not tried again. */
  function send(ping: Ping, after: Promise<void>, enough?: AbortSignal): Promise<void> {
    const controller = new AbortController();
    const { signal } = controller;
    const sending = after.then(() =>
      attempts(ping, signal, enough ? AbortSignal.any([signal, enough]) : signal),
    );
    const entry: UnderWay = { controller, done: sending.finally(() => underWay.delete(entry)) };
    underWay.add(entry);
    dropOldest();
    return entry.done;
  }

  async function attempts(ping: Ping, abort: AbortSignal, enough: AbortSignal): Promise<void> {
    for (let made = 0; !abort.aborted; made++) {
      const answer = await healthchecks.ping(ping, abort);
      if (answer.result === 'arrived' || enough.aborted) return;
      const pauseMs = pausesMs[made];
      const askedMs = answer.result === 'again' ? (answer.retryAfterSeconds ?? 0) * 1000 : 0;
      if (answer.result === 'refused' || pauseMs === undefined || askedMs > LONGEST_PAUSE_MS) {
        const { slug, signal, runId } = ping;
        return log.warn(
          { task: slug, signal, runId, why: answer.why },
          'Healthchecks could not be told of a run',
        );
      }
      await sleep(Math.max(pauseMs, askedMs), undefined, { signal: enough }).catch(() => {});
      if (enough.aborted) return;
    }
  }

  function dropOldest(): void {
    const [oldest] = underWay;
    if (!oldest || underWay.size <= MOST_UNDER_WAY) return;
    underWay.delete(oldest);
    oldest.controller.abort();
    log.warn(
      { underWay: MOST_UNDER_WAY },
      'too many pings to Healthchecks under way: the oldest is given up',
    );
  }

  return { begin, settle };
}

/** A run that was interrupted goes on with the next call: its check stays started, and is late without one. */
function signalOf({ status }: Outcome): Ping['signal'] {
  if (status === 'failed') return 'fail';
  return status === 'interrupted' ? 'log' : 'success';
}

function summaryOf({ message, stats, errors }: Outcome): string {
  const lines = [
    message,
    ...Object.entries(stats).map(([name, value]) => `${name}: ${value}`),
    ...errors.slice(0, SHOWN_ERRORS).map((error) => `! ${error.item}: ${error.message}`),
  ];
  return firstBytes(lines.join('\n'), LARGEST_BODY_BYTES);
}

/** No character is cut in two. */
function firstBytes(text: string, most: number): string {
  const room = Buffer.alloc(most);
  const { written } = new TextEncoder().encodeInto(text, room);
  return room.toString('utf8', 0, written);
}
