import postgres, { type TransactionSql } from 'postgres';
import { driverOptions, type PostgresTarget, parsePostgresUrl, placeOf } from '../clients/postgres-url.js';
import { unlessDriverCrashes } from '../db/driver-crash.js';
import { AppError } from '../errors.js';
import type { Secret } from '../secret.js';
import { countRows, lockTables, type RowCounts } from './count-rows.js';
import { connectionProblem } from './dump-problem.js';
import { refuseTransactionPooler } from './pooler.js';
import { readFacts } from './snapshot-facts.js';

/** A read-only transaction that sees the database as of one moment, which pg_dump shares. */
export interface Snapshot {
  /** For `pg_dump --snapshot`, as long as this is open. */
  id: string;
  database: {
    /**
     * `<system identifier>/<oid>`, which differs between servers and between databases of one; where reading the
     * identifier is forbidden, `<host:port>/<oid>/<name>`.
     */
    id: string;
    name: string;
  };
  serverVersion: string;
  serverMajor: number;
  /** An estimate: as it lies on the server's disk, indexes included. */
  sizeBytes: number;
  /** Those that policies and user mappings name. */
  roles: string[];
  /** Those that live in the chosen schemas; empty without. */
  extensions: string[];
  /** For the time of the dump. @throws {AppError} when somebody else keeps one locked */
  lockTables(): Promise<void>;
  /**
   * Call it once the dump has begun: then even more tables than can be locked twice are, and what is truncated meanwhile
   * (which no snapshot remembers) is the same for both.
   */
  count(): Promise<RowCounts>;
  /** Nothing is to be awaited or caught of it. */
  close(): Promise<void>;
}

interface SnapshotOptions {
  schemas?: string[] | undefined;
  signal?: AbortSignal | undefined;
}

const CONNECT_TIMEOUT_SECONDS = 10;
const CLOSE_TIMEOUT_SECONDS = 2;

/** @throws {AppError} that says what to check, when the database cannot be asked or lacks a schema */
export async function openSnapshot(
  url: Secret,
  { schemas, signal }: SnapshotOptions = {},
): Promise<Snapshot> {
  signal?.throwIfAborted();
  const target = parsePostgresUrl(url);
  const client = connect(target);
  const held = hold(client);
  const destroy = () => void client.end({ timeout: 0 });
  signal?.addEventListener('abort', destroy, { once: true });
  const during = async <Result>(work: (tx: TransactionSql) => Promise<Result>): Promise<Result> => {
    try {
      return await Promise.race([held.lost, held.transaction().then(work)]);
    } catch (error) {
      signal?.throwIfAborted();
      throw connectionProblem(error, target);
    }
  };
  const close = async () => {
    signal?.removeEventListener('abort', destroy);
    held.release();
    await client.end({ timeout: CLOSE_TIMEOUT_SECONDS });
  };
  try {
    await during((tx) => refuseTransactionPooler(tx, () => connect(target), placeOf(target)));
    const facts = await during((tx) => readFacts(tx, target, schemas));
    return {
      ...facts,
      lockTables: () => during((tx) => lockTables(tx, schemas)),
      count: () => during((tx) => countRows(tx, schemas)),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

const connect = (target: PostgresTarget) =>
  postgres({
    ...driverOptions(target),
    max: 1,
    prepare: false,
    fetch_types: false,
    connect_timeout: CONNECT_TIMEOUT_SECONDS,
    max_lifetime: null,
    connection: { application_name: 'cronhook' },
    onnotice: () => {},
  });

/** Keeps a transaction open until it is released; `lost` rejects when it ends before. */
function hold(client: postgres.Sql) {
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  let entered: (tx: TransactionSql) => void = () => {};
  const transaction = new Promise<TransactionSql>((resolve) => {
    entered = resolve;
  });
  const begun = client.begin('isolation level repeatable read read only', (tx) => {
    entered(tx);
    return released;
  });
  let isOver = false;
  const lost = unlessDriverCrashes(begun).then(() => {
    throw new AppError('unprocessable', (t) => t.backups.dump.connectionLost);
  });
  lost.catch(() => {
    isOver = true;
  });
  // The driver crashes on a statement for a connection that is closed.
  return { transaction: () => (isOver ? lost : transaction), lost, release };
}
