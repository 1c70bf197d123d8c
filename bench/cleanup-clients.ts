import { setTimeout as sleep } from 'node:timers/promises';
import postgres from 'postgres';

/**
 * The process that `cleanup` starts: eight clients that insert a log line each, one after the other, from `begin` to
 * `end`; beside them one looks at how long the statements of the service take.
 */
const CLIENTS = 8;
const LOOK_EVERY_MS = 10;

export interface Watched {
  inserts: number;
  p50: number;
  p99: number;
  slowest: number;
  /** Of the service, as far as looking every 10 ms sees. */
  longestStatementMs: number;
  longestTransactionMs: number;
}

const url = process.argv[2] ?? '';
const options = { max: 1, onnotice: () => {} };
const clients = Array.from({ length: CLIENTS }, () => postgres(url, options));
const watch = postgres(url, options);
const context = JSON.stringify({ path: '/api/documents', userId: 4711, ms: 12.5, agent: 'Mozilla/5.0' });
const taken: number[] = [];
let longestStatementMs = 0;
let longestTransactionMs = 0;
let running = true;

async function insert(sql: postgres.Sql): Promise<void> {
  while (running) {
    const start = performance.now();
    await sql`insert into cronhook.application_logs (level, message, context)
      values ('info', 'GET /api/documents 200', ${context}::text::jsonb)`;
    taken.push(performance.now() - start);
  }
}

async function look(): Promise<void> {
  while (running) {
    const [row] = await watch<[{ statement: number | null; transaction: number | null }]>`
      select max(extract(epoch from clock_timestamp() - query_start))::float8 * 1000 as statement,
        max(extract(epoch from clock_timestamp() - xact_start))::float8 * 1000 as transaction
      from pg_stat_activity where application_name = 'cronhook' and state <> 'idle' and xact_start is not null`;
    longestStatementMs = Math.max(longestStatementMs, row.statement ?? 0);
    longestTransactionMs = Math.max(longestTransactionMs, row.transaction ?? 0);
    await sleep(LOOK_EVERY_MS);
  }
}

const percentile = (share: number): number =>
  taken[Math.min(taken.length - 1, Math.floor(taken.length * share))] ?? NaN;

process.once('message', async () => {
  const work = Promise.all([...clients.map(insert), look()]);
  await new Promise((resolve) => process.once('message', resolve));
  running = false;
  await work;
  taken.sort((a, b) => a - b);
  const watched: Watched = {
    inserts: taken.length,
    p50: percentile(0.5),
    p99: percentile(0.99),
    slowest: taken.at(-1) ?? NaN,
    longestStatementMs,
    longestTransactionMs,
  };
  process.send?.(watched);
  await Promise.all([...clients, watch].map((client) => client.end()));
  process.disconnect();
});
await Promise.all([...clients, watch].map((client) => client`select 1`));
process.send?.('ready');
