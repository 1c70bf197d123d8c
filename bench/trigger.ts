import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import { createAdaptorServer } from '@hono/node-server';
import { Hono } from 'hono';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import type { Database } from '../src/db/client.js';
import { claim, finish } from '../src/db/leases.js';
import { defineTask } from '../src/tasks/define.js';
import { atMost, type Bench, type BenchOptions, median, timed } from './bench.js';
import { openClient, POSTGRES_NOTE, startPostgres, startService } from './service.js';

const noop = defineTask({
  name: 'noop',
  path: '/bench/noop',
  schedule: '0 0 1 1 *',
  product: 'talos',
  summary: 'Does nothing',
  success: () => 'done',
  timeoutMs: 60_000,
  needs: ['db'],
  input: z.object({}),
  run: async () => ({}),
});

export const bench: Bench = {
  async measure(options) {
    const { quick, say } = options;
    const runs = options.runs ?? (quick ? 200 : 2000);
    const postgres = await startPostgres(options);
    const service = await startService(postgres, { tasks: [noop] });
    options.atEnd(service.stop);
    const bareCall = await startBareRoute(options);

    const work = {
      service: async () => {
        const answer = await service.call('GET', noop.path);
        if (answer.status !== 'succeeded') throw new Error(`the task answered ${JSON.stringify(answer)}`);
      },
      route: bareCall,
      statements: () => bothStatements(service.db),
    };
    say('warming up');
    for (let count = 0; count < (quick ? 20 : 200); count++)
      for (const one of Object.values(work)) await one();
    const samples = { service: [] as number[], route: [] as number[], statements: [] as number[] };
    say(`${runs} calls of each in turn`);
    // Call by call: a processor that waits for the database between two calls is slower than one kept busy, and what
    // is compared must find it in the same state.
    for (let run = 0; run < runs; run++) {
      for (const name of ['service', 'route', 'statements'] as const)
        samples[name].push(await timed(work[name]));
    }
    const [route, statements] = [median(samples.route), median(samples.statements)];
    return {
      figure: median(samples.service),
      baseline: route + statements,
      unit: 'ms',
      goal: atMost(1.3),
      notes: [
        `p50 of ${runs} calls, figure and baseline call by call in turn; caller and service in one process`,
        `baseline: bare route ${route.toFixed(3)} ms + claim and finish ${statements.toFixed(3)} ms; ${POSTGRES_NOTE}`,
      ],
    };
  },
};

async function startBareRoute({ atEnd }: BenchOptions): Promise<() => Promise<unknown>> {
  const app = new Hono();
  app.get(noop.path, (c) => c.json({ success: true }));
  const server = createAdaptorServer({ fetch: app.fetch, overrideGlobalObjects: false }) as Server;
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const client = openClient((server.address() as AddressInfo).port);
  atEnd(() => {
    client.close();
    server.close();
  });
  return () => client.call('GET', noop.path);
}

/** What a run that does nothing sends, through the service's own pool. */
async function bothStatements(db: Database): Promise<void> {
  const id = uuidv7();
  const run = {
    id,
    task: 'statements',
    trigger: 'http',
    host: hostname(),
    dryRun: false,
    startedAt: new Date(),
  };
  const claimed = await claim(db, run, 'lost');
  if (!claimed.claimed) throw new Error('the claim was refused');
  await finish(db, {
    id,
    task: run.task,
    status: 'succeeded',
    finishedAt: new Date(),
    durationMs: 1,
    message: 'done',
    aside: false,
    progress: undefined,
    stats: { failed: 0 },
    errors: [],
    details: undefined,
    log: [],
  });
}
