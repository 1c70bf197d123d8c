import { missingTable, refusalCode } from '../../../db/table-problem.js';
import { AppError, isDatabaseUnavailable } from '../../../errors.js';
import { inTime } from '../../../in-time.js';
import { unlessItFails } from '../../unless-it-fails.js';
import {
  cancelCounts,
  connectionsInUse,
  databaseBytes,
  databaseCounters,
  errorsPerMinute,
  longestQuery,
  replicationLagSeconds,
  roundTripMs,
} from './database-sql.js';
import { DATABASE, type Measured, nothingMeasured, type PerformanceContext, type Sample } from './model.js';

const PART_TIMEOUT_MS = 10_000;

/** PostgreSQL as this service sees it. A part that fails is named, and spoils none of the others. */
export async function measureDatabase(context: PerformanceContext): Promise<Measured> {
  const { db, now, messages, log } = context;
  const measured = nothingMeasured();
  const at = now();
  const add = (metric: string, value: number, more?: Pick<Sample, 'detail' | 'atLeast'>) => {
    measured.samples.push({ source: DATABASE, metric, at, value, ...more });
  };
  const hide = (metric: string) => {
    measured.hidden += 1;
    log.warn({ metric }, 'sessions of other users are hidden: grant pg_monitor to the user of DATABASE_URL');
  };
  const part = async <Found>(
    name: string,
    ask: () => Promise<Found | undefined>,
    use: (found: Found) => void,
  ) => {
    const found = await unlessItFails(context, `${DATABASE} ${name}`, () =>
      explained(ask, () => cancelCounts(db)),
    );
    if (found !== undefined) use(found);
  };

  await part(
    'round_trip_ms',
    () => roundTripMs(db),
    (ms) => add('round_trip_ms', ms),
  );
  await part(
    'connections',
    () => connectionsInUse(db),
    ({ connections, percent }) => {
      add('connections', connections);
      // Who is let in beyond what others may have: superusers.
      add('connections_percent', Math.min(100, percent));
    },
  );
  await part(
    'query_seconds',
    () => longestQuery(db),
    ({ seconds, hidden, ...query }) => {
      if (hidden) hide('query_seconds');
      const { longQuery, hiddenSessions } = messages.performance;
      const detail = [query.pid > 0 && longQuery(query), hidden && hiddenSessions].filter(Boolean).join('\n');
      add('query_seconds', seconds, { detail, ...(hidden && { atLeast: true }) });
    },
  );
  await part(
    'replication_lag_seconds',
    () => replicationLagSeconds(db),
    ({ seconds, hidden }) => {
      if (hidden) hide('replication_lag_seconds');
      else if (seconds !== undefined) add('replication_lag_seconds', seconds);
    },
  );
  await part(
    'size_bytes',
    () => databaseBytes(db),
    (bytes) => add('size_bytes', bytes),
  );
  await part(
    'errors_per_minute',
    () => errorsPerMinute(db, at),
    (errors) => add('errors_per_minute', errors),
  );
  await part(
    'counters',
    () => databaseCounters(db),
    (found) => measured.counters.push({ source: DATABASE, ...found }),
  );
  return measured;
}

/** A statement that waits for a lock must not take the time of all the others. */
async function explained<Found>(
  ask: () => Promise<Found | undefined>,
  giveUp: () => Promise<unknown>,
): Promise<Found | undefined> {
  try {
    const found = await inTime(
      ask().then((value) => ({ value })),
      PART_TIMEOUT_MS,
    );
    if (found) return found.value;
  } catch (error) {
    const code = refusalCode(error);
    if (!code || isDatabaseUnavailable(error) || missingTable(error)) throw error;
    throw new AppError('unprocessable', (t) => t.performance.databasePart.refused(code), { cause: error });
  }
  await inTime(giveUp(), PART_TIMEOUT_MS);
  throw new AppError('unprocessable', (t) => t.performance.databasePart.slow(PART_TIMEOUT_MS / 1000));
}
