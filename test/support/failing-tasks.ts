import { sql } from 'drizzle-orm';
import { AppError, databaseUnavailable } from '../../src/errors.js';
import { tasks } from '../../src/tasks/index.js';
import { startLokario } from './lokario.js';
import type { SmtpFaults } from './smtp.js';
import { testTask } from './tasks.js';

type Behaviour = 'well' | 'partly' | 'badly' | 'no database' | 'no SMTP';

/** Tasks that do what the test says, and the clock that it turns. */
export async function startFailing(
  names: string[] = ['alpha'],
  env: Record<string, string> = {},
  options: { databaseUrl?: string; smtp?: SmtpFaults } = {},
) {
  let now = new Date('2026-11-20T09:00:00Z');
  const behaviour: Record<string, Behaviour> = {};
  const made = names.map((name) =>
    testTask({
      name,
      async run({ fail }) {
        const what = behaviour[name] ?? 'well';
        if (what === 'badly')
          throw new AppError('task_failed', () => `The disk of ${name} is full: make room`);
        if (what === 'no database') throw databaseUnavailable('test');
        if (what === 'partly') fail('item-1', new AppError('unprocessable', () => `${name} item broken`));
        if (what === 'no SMTP') fail('SMTP', new AppError('unprocessable', () => 'refused: check SMTP_URL'));
        return {};
      },
    }),
  );
  const outbox = tasks.filter(({ name }) => name === 'outbox');
  const service = await startLokario({
    tasks: [...made, ...outbox],
    now: () => now,
    env: { ADMIN_EMAIL: 'admin@example.com', ...env },
    ...options,
  });
  return {
    ...service,
    call1: (name: string, what: Behaviour, query = '') => {
      behaviour[name] = what;
      return service.run(`/test/${name}`, query);
    },
    later: (hours: number) => (now = new Date(now.getTime() + hours * 3_600_000)),
    incidents: () =>
      service.db.rows<{ source: string; severity: string; resolved_at: string | null }>(
        sql`select * from cronhook.incidents order by opened_at, source`,
      ),
  };
}
