import type { ExtractTablesWithRelations, SQL } from 'drizzle-orm';
import type { PgTransaction } from 'drizzle-orm/pg-core';
import { drizzle, type PostgresJsDatabase, type PostgresJsQueryResultHKT } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { AppError, databaseUnavailable, isDatabaseUnavailable } from '../errors.js';
import type { Secret } from '../secret.js';
import { unlessDeadlocked } from './deadlock.js';
import { unlessDriverCrashes } from './driver-crash.js';
import { withoutJit } from './jit.js';
import * as schema from './schema/index.js';

type Schema = typeof schema;
export type Transaction = PgTransaction<PostgresJsQueryResultHKT, Schema, ExtractTablesWithRelations<Schema>>;
/** What a statement can be sent through: the pool or a transaction. */
export type Executor = PostgresJsDatabase<Schema> | Transaction;

export interface Database {
  /** Sends single statements, each a transaction of its own. */
  readonly query: PostgresJsDatabase<Schema>;
  /** Rows as PostgreSQL names them: snake_case, times as texts. */
  rows<Row>(statement: SQL): Promise<Row[]>;
  /** The same for a statement made of many small look-ups, which is not worth compiling. */
  lookUps<Row>(statement: SQL): Promise<Row[]>;
  transaction<Result>(work: (tx: Transaction) => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}

const CONNECT_TIMEOUT_SECONDS = 5;
const RECONNECT_PAUSE_SECONDS = 0.25;
const CLOSE_TIMEOUT_SECONDS = 2;

/** Parameters of other drivers (Prisma's `pgbouncer`, libpq's `channel_binding`) that a server refuses at start-up. */
const KNOWN_URL_PARAMETERS = new Set(['sslmode', 'ssl', 'application_name', 'target_session_attrs']);

export function openDatabase(url: Secret, options: { max: number }): Database {
  const client = postgres(cleanUrl(url.reveal()), {
    max: options.max,
    // Named statements and the type query do not survive a transaction-pooling proxy.
    prepare: false,
    fetch_types: false,
    connect_timeout: CONNECT_TIMEOUT_SECONDS,
    // A constant pause: the default grows to 20 s, and a database that is back must serve at once.
    backoff: () => RECONNECT_PAUSE_SECONDS,
    idle_timeout: 60,
    connection: { application_name: 'cronhook' },
    onnotice: () => {},
  });
  const query = drizzle(client, { schema });
  return {
    query,
    rows: (statement) => unlessDeadlocked(() => rowsOf(query, statement)),
    lookUps: (statement) =>
      unlessDeadlocked(() =>
        transaction(query, async (tx) => {
          await withoutJit(tx);
          return rowsOf(tx, statement);
        }),
      ),
    transaction: (work) => transaction(query, work),
    close: () => client.end({ timeout: CLOSE_TIMEOUT_SECONDS }),
  };
}

/** The result of a statement written by hand, typed by its caller. */
export async function rowsOf<Row>(executor: Executor, statement: SQL): Promise<Row[]> {
  return [...(await executor.execute(statement))] as Row[];
}

/** Work done in a transaction; a connection that cannot be had is told apart from an error of the work. */
async function transaction<Result>(
  query: PostgresJsDatabase<Schema>,
  work: (tx: Transaction) => Promise<Result>,
): Promise<Result> {
  let entered = false;
  try {
    const done = query.transaction((tx) => {
      entered = true;
      return work(tx);
    });
    return await unlessDriverCrashes(done);
  } catch (error) {
    if (error instanceof AppError) throw error;
    if (!entered || isDatabaseUnavailable(error)) throw databaseUnavailable(error);
    throw error;
  }
}

function cleanUrl(value: string): string {
  const url = new URL(value);
  for (const name of [...url.searchParams.keys()]) {
    if (!KNOWN_URL_PARAMETERS.has(name)) url.searchParams.delete(name);
  }
  return url.toString();
}
