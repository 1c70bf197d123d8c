import { sql } from 'drizzle-orm';
import { performanceTask } from '../../src/tasks/monitoring/performance.js';
import { fakeMachine } from './machine.js';
import { type Answer, read, startTestService } from './service.js';

export const MINUTE = 60_000;

type Options = Omit<NonNullable<Parameters<typeof startTestService>[0]>, 'now' | 'tasks'> & {
  at?: number;
  /** What the machine calls itself. */
  hostname?: string;
  machine?: Awaited<ReturnType<typeof fakeMachine>>;
};

/** The task on a machine and a clock that the test turns. */
export async function startPerformance({ at, hostname = 'web-1', machine: given, ...options }: Options = {}) {
  const machine = given ?? (await fakeMachine());
  let now = at ?? Date.parse('2026-11-21T11:00:00Z');
  const service = await startTestService({
    ...options,
    now: () => new Date(now),
    tasks: [performanceTask({ root: machine.root, hostname, pausesMs: [50, 50] })],
  });
  const { db } = service;
  return {
    ...service,
    machine,
    now: () => new Date(now),
    /** Lets so many minutes pass. */
    pass: (minutes: number) => {
      now += minutes * MINUTE;
    },
    run: (query = ''): Promise<Answer> => read(service.call(`/monitoring/performance?wait=240${query}`)),
    set: (key: string, value: string | number) =>
      db.rows(sql`
        insert into cronhook.settings (key, value) values (${key}, ${String(value)})
        on conflict (key) do update set value = excluded.value
      `),
    /** Of this moment, by metric. */
    samples: async (source: string): Promise<Record<string, number>> => {
      const rows = await db.rows<{ metric: string; value: number }>(sql`
        select metric, value from cronhook.metric_samples
        where source = ${source} and at = ${new Date(now).toISOString()}::timestamptz
      `);
      return Object.fromEntries(rows.map(({ metric, value }) => [metric, Number(value)]));
    },
    /** In the order in which they began. */
    incidents: () =>
      db.rows<{ source: string; severity: string; title: string; message: string; open: boolean }>(sql`
        select source, severity, title, details->>'message' as message, resolved_at is null as open
        from cronhook.incidents where source like 'performance:%' order by opened_at, id
      `),
    readings: () =>
      db.rows<{ source: string; counter: string; instance: string; at: string; value: number }>(
        sql`select source, counter, instance, at, value from cronhook.counter_readings order by 1, 2, 3`,
      ),
  };
}
