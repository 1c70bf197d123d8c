import { sql } from 'drizzle-orm';
import type { Transaction } from '../db/client.js';
import { jsonb } from '../db/json.js';
import { tableProblem } from '../db/table-problem.js';
import { isDatabaseUnavailable } from '../errors.js';
import type { Logger } from '../log.js';
import type { Look } from '../messages/layout.js';
import { addNotifications } from '../messages/notify.js';
import { ALERTS, type QueueTools, queueMessages } from '../messages/queue.js';
import {
  type FailingTask,
  type TaskIncidentKind,
  taskIncidentMail,
} from '../messages/templates/task-incident.js';
import type { TaskIncident } from './open-incidents.js';

/** What the administrators are told with; without mail or address only in the application. */
export interface Telling extends Look {
  tools: QueueTools;
  canMail: boolean;
  log: Logger;
  /** Filled with the ways that did not work. */
  refused: Set<Way>;
}

/** In the application too: a mail about a mail server that is down waits with the others. */
export const WAYS = ['notice', 'mail'] as const;
export type Way = (typeof WAYS)[number];

/** What is to be told of the incidents of one cause. */
export interface News {
  kind: TaskIncidentKind;
  leader: string;
  /** Sets apart what is told more than once. */
  round?: string;
  incidents: TaskIncident[];
}

const TABLES: Record<Way, string> = { notice: 'notifications', mail: 'outbox_messages' };

/** Tells of incidents; what cannot be told now is owed. */
export async function tell(tx: Transaction, news: News, telling: Telling): Promise<void> {
  if (news.incidents.length === 0) return;
  const { kind, leader } = news;
  // A reminder that fails is tried again at the next failure: its round is the day.
  const ways: readonly Way[] = kind === 'reminder' ? ['mail'] : WAYS;
  const refused = await tellBy(tx, ways, news, telling);
  if (kind === 'reminder' || refused.length === 0) return;
  const owed = jsonb(Object.fromEntries(refused.map((way) => [way, kind])));
  await tx.execute(sql`
    update cronhook.incidents
    set details = jsonb_set(details, '{owed}', coalesce(details->'owed', '{}') || ${owed})
    where id = ${leader}::uuid
  `);
}

/** @returns the ways that did not work: a table that is broken spoils nothing but what goes through it */
export async function tellBy(
  tx: Transaction,
  ways: readonly Way[],
  news: News,
  telling: Telling,
): Promise<Way[]> {
  const letter = write(news, telling);
  const refused: Way[] = [];
  for (const way of ways) {
    try {
      await tx.transaction((savepoint) => send[way](savepoint, letter, telling));
    } catch (error) {
      if (isDatabaseUnavailable(error)) throw error;
      const problem = await tableProblem(tx, { tables: [TABLES[way]], privilege: 'insert' }, error);
      const tasks = letter.tasks.map(({ name }) => name);
      const what = way === 'mail' ? 'the alert could not be queued' : 'the notification could not be added';
      telling.log.error({ err: problem, tasks, kind: news.kind }, `${what}, and waits: ${problem.message}`);
      refused.push(way);
      telling.refused.add(way);
    }
  }
  return refused;
}

function write({ kind, leader, round = '', incidents }: News, telling: Telling) {
  // A task that has failed twice while the cause lasted is one task.
  const latest = new Map(incidents.map((incident) => [incident.source, incident]));
  const tasks = [...latest.values()].map(({ source, openedAt, message, runId }) => ({
    name: source.slice('task:'.length),
    since: new Date(openedAt),
    message,
    runUrl: `${telling.site.publicUrl}/runs${runId ? `/${runId}` : ''}`,
  }));
  const mail = taskIncidentMail(kind, { tasks, now: telling.tools.now }, telling);
  return { kind, tasks, dedupeKey: `incident:${leader}:${kind}${round}`, mail };
}

type Letter = ReturnType<typeof write>;

const send: Record<Way, (tx: Transaction, letter: Letter, telling: Telling) => Promise<unknown>> = {
  notice: (tx, { kind, dedupeKey, mail, tasks }) =>
    addNotifications(tx, [noticeOf(kind, dedupeKey, mail.subject, tasks)]),
  async mail(tx, { dedupeKey, mail }, { canMail, site, tools }) {
    if (!canMail || !site.adminEmail) return;
    await queueMessages(tx, [{ task: ALERTS, dedupeKey, recipient: site.adminEmail, ...mail }], tools);
  },
};

const noticeOf = (kind: TaskIncidentKind, dedupeKey: string, title: string, tasks: FailingTask[]) => ({
  userId: null,
  kind: kind === 'recovered' ? 'task_recovered' : 'task_failed',
  severity: kind === 'recovered' ? ('info' as const) : ('important' as const),
  dedupeKey,
  title,
  body: tasks.flatMap(({ name, message }) =>
    (kind === 'recovered' ? name : `${name} : ${message}`).split('\n'),
  ),
  link: tasks[0]?.runUrl ?? null,
});
