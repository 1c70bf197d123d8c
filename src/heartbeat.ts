import type { Database } from './db/client.js';
import { HEARTBEAT_MS, LEASE_MS, renew } from './db/leases.js';
import type { Logger } from './log.js';
import { RunStopped } from './run-stop.js';

interface HeartbeatOptions {
  db: Database;
  task: string;
  runId: string;
  controller: AbortController;
  /** What the run wants to show of itself. */
  progress(): unknown;
  log: Logger;
}

/** Keeps the lease while the run works; without renewal for 60 s, or with another holder, the run stops. */
export function startHeartbeat({ db, task, runId, controller, progress, log }: HeartbeatOptions): {
  stop(): void;
} {
  let renewedTicks = performance.now();
  let stopped = false;
  let timer: NodeJS.Timeout;
  const lose = () => {
    if (!stopped) controller.abort(new RunStopped('lease_lost'));
  };
  const beat = async () => {
    const sentTicks = performance.now();
    // A statement that hangs must not keep the run alive beyond its lease.
    const guard = setTimeout(lose, Math.max(0, LEASE_MS - (sentTicks - renewedTicks)));
    try {
      if (!(await renew(db, task, runId, progress()))) return lose();
      renewedTicks = sentTicks;
    } catch (error) {
      log.warn({ err: error }, 'heartbeat failed');
    } finally {
      clearTimeout(guard);
    }
    if (performance.now() - renewedTicks > LEASE_MS) return lose();
    if (!stopped) timer = setTimeout(beat, HEARTBEAT_MS);
  };
  timer = setTimeout(beat, HEARTBEAT_MS);
  return {
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
