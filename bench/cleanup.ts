import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { sql } from 'drizzle-orm';
import type { Database } from '../src/db/client.js';
import { spawnS3 } from '../test/support/s3-spawn.js';
import { atMost, type Bench, median, timed } from './bench.js';
import type { Watched } from './cleanup-clients.js';
import { POSTGRES_NOTE, startPostgres, startService } from './service.js';

const CLEAN = '/maintenance/cleanup-logs?wait=1800';

export const bench: Bench = {
  async measure(options) {
    const { quick, say, atEnd } = options;
    const lines = quick ? 20_000 : 1_000_000;
    const runs = options.runs ?? (quick ? 1 : 3);
    const postgres = await startPostgres(options);
    const s3 = await spawnS3();
    atEnd(s3.close);
    const service = await startService(postgres, { env: { ...s3.env, TASKS: 'cleanup-logs' } });
    atEnd(service.stop);
    const { db } = service;

    const url = service.config.DATABASE_URL?.reveal() ?? '';
    const aloneMs = quick ? 1_000 : 20_000;
    const cleaned: Watched[] = [];
    const alone: number[] = [];
    const tookMs: number[] = [];
    for (let run = 1; run <= runs; run++) {
      say(`run ${run} of ${runs}: filling`);
      await fill(db, lines);
      const before = await withClients(url, () => sleep(aloneMs));
      say(`the clients alone: ${JSON.stringify(before.watched)}`);
      const cleaning = await withClients(url, () => clean(service, lines));
      say(`cleaned in ${Math.round(cleaning.ms)} ms: ${JSON.stringify(cleaning.watched)}`);
      const after = await withClients(url, () => sleep(aloneMs));
      say(`the clients alone: ${JSON.stringify(after.watched)}`);
      cleaned.push(cleaning.watched);
      tookMs.push(cleaning.ms);
      alone.push((before.watched.p99 + after.watched.p99) / 2);
    }
    const most = (pick: (watched: Watched) => number) => Math.round(Math.max(...cleaned.map(pick)));
    const rate = Math.round(
      median(cleaned.map(({ inserts }, run) => inserts / ((tookMs[run] ?? NaN) / 1000))),
    );
    return {
      figure: median(cleaned.map(({ p99 }) => p99)),
      baseline: median(alone),
      unit: 'ms',
      goal: atMost(2),
      notes: [
        `p99 of an insert, ${rate} inserts a second by 8 clients; ${lines} expired lines, of which a twentieth is archived first; median of ${runs} runs of ${Math.round(median(tookMs) / 1000)} s, each between two in which the clients were alone for ${aloneMs / 1000} s`,
        `longest statement of the service ${most(({ longestStatementMs }) => longestStatementMs)} ms, longest transaction ${most(({ longestTransactionMs }) => longestTransactionMs)} ms (goal: under 1,000); ${POSTGRES_NOTE}`,
      ],
    };
  },
};

type Service = Awaited<ReturnType<typeof startService>>;

async function clean({ call }: Service, lines: number): Promise<void> {
  const answer = await call('POST', CLEAN);
  const { logs } = answer.stats as { logs: number };
  if (answer.status !== 'succeeded' || logs !== lines)
    throw new Error(`the task answered ${JSON.stringify(answer)}`);
}

/** The same table before each: expired lines of a year, in a table as tidy as it is after a night. */
async function fill(db: Database, lines: number): Promise<void> {
  await db.rows(sql`truncate cronhook.application_logs`);
  await db.rows(sql`
    insert into cronhook.application_logs (level, message, context, created_at)
    select case when n % 20 = 0 then 'error' when n % 7 = 0 then 'warn' when n % 3 = 0 then 'debug' else 'info' end,
      'GET /api/documents/' || n || ' answered 200 in ' || n % 900 || ' ms',
      jsonb_build_object('path', '/api/documents/' || n, 'userId', n % 5000, 'ms', n % 900, 'agent', 'Mozilla/5.0'),
      now() - interval '91 days' - (${lines}::int - n) * interval '30 seconds'
    from generate_series(1, ${lines}::int) n
  `);
  await db.rows(sql`vacuum analyze cronhook.application_logs`);
  await db.rows(sql`checkpoint`);
}

/** The clients are another process, as an application is. */
async function withClients(url: string, work: () => Promise<unknown>) {
  const entry = fileURLToPath(new URL('cleanup-clients.ts', import.meta.url));
  const child = fork(entry, [url], { execArgv: ['--import', 'tsx'] });
  await once(child, 'message');
  child.send('begin');
  const ms = await timed(work);
  const watched = once(child, 'message');
  child.send('end');
  const [result] = (await watched) as [Watched];
  return { ms, watched: result };
}
