import type { Transaction } from '../db/client.js';
import { tableProblem } from '../db/table-problem.js';
import { isDatabaseUnavailable } from '../errors.js';
import type { Look } from '../messages/layout.js';
import { addNotifications } from '../messages/notify.js';
import { ALERTS, type QueueTools, queueMessages } from '../messages/queue.js';
import type { IncidentKind } from '../messages/templates/incident.js';
import type { TaskLog } from '../run-log.js';
import type { Capabilities, RunContext } from '../tasks/define.js';
import { debtsAfter, writeDebts } from './debts.js';
import { groupsOf, type Incident } from './incident-rows.js';
import { type Letter, lettersOf } from './letters.js';
import { WAYS, type Way } from './ways.js';

/** What the administrators are told with; without mail or SMS, or an address for them, only in the application. */
export interface Telling extends Look {
  tools: QueueTools;
  canMail: boolean;
  canText: boolean;
  log: Pick<TaskLog, 'error'>;
  /** Filled with the ways that did not work. */
  refused: Set<Way>;
  /** True once more is owed than is told at a time. */
  owesMore: boolean;
}

/** Something that is to be told of the incidents that one leads. */
export interface Announcement {
  kind: IncidentKind;
  leader: string;
  /** Sets apart what is told more than once. */
  round?: string;
  /** Only these: what is owed. */
  ways?: Way[];
}

/** From the context of a run, which must have whatever of `mail`, `sms` and `vault` is configured. */
export const createTelling = ({
  site,
  messages,
  mail,
  sms,
  vault,
  now,
  log,
}: Pick<RunContext<unknown>, 'site' | 'messages' | 'now'> & { log: Telling['log'] } & {
  [Name in 'mail' | 'sms' | 'vault']?: Capabilities[Name] | undefined;
}): Telling => ({
  site,
  messages,
  tools: { sender: mail?.sender, vault, now: now() },
  canMail: mail !== undefined,
  canText: sms !== undefined,
  log,
  refused: new Set(),
  owesMore: false,
});

/**
 * Tells of incidents; what cannot be told now is owed, but for reminders.
 * @returns the ways that did not work
 */
export async function tell(
  tx: Transaction,
  announcements: Announcement[],
  telling: Telling,
): Promise<Set<Way>> {
  const refused = new Set<Way>();
  if (announcements.length === 0) return refused;
  const leaders = [...new Set(announcements.map(({ leader }) => leader))];
  const incidents = await groupsOf(tx, leaders);
  const letters = lettersOf(announcements, incidents, telling);
  for (const way of WAYS) {
    const some = letters.filter(({ ways }) => ways.includes(way));
    if (some.length > 0 && !(await works(tx, way, some, telling))) refused.add(way);
  }
  await writeDebts(tx, debtsAfter(announcements, letters, leading(leaders, incidents), refused), telling);
  return refused;
}

const leading = (leaders: string[], incidents: Incident[]): Incident[] =>
  incidents.filter(({ id }) => leaders.includes(id));

const TABLES: Record<Way, string> = {
  notice: 'notifications',
  mail: 'outbox_messages',
  sms: 'outbox_messages',
};

/** A table that is broken spoils nothing but what goes through it. */
async function works(tx: Transaction, way: Way, letters: Letter[], telling: Telling): Promise<boolean> {
  // What is known not to work is not tried again and again.
  if (telling.refused.has(way)) return false;
  try {
    await tx.transaction((savepoint) => send[way](savepoint, letters, telling));
    return true;
  } catch (error) {
    if (isDatabaseUnavailable(error)) throw error;
    const problem = await tableProblem(tx, { tables: [TABLES[way]], privilege: 'insert' }, error);
    const sources = letters.flatMap((letter) => letter.sources);
    const what = way === 'notice' ? 'the notification could not be added' : 'the alert could not be queued';
    telling.log.error({ err: problem, way, sources }, `${what}, and waits: ${problem.message}`);
    telling.refused.add(way);
    return false;
  }
}

const send: Record<Way, (tx: Transaction, letters: Letter[], telling: Telling) => Promise<unknown>> = {
  notice: (tx, letters) =>
    addNotifications(
      tx,
      letters.map(({ notice }) => notice),
    ),
  async mail(tx, letters, { canMail, site: { adminEmail }, tools }) {
    if (!canMail || !adminEmail) return;
    const about = { task: ALERTS, recipient: adminEmail };
    await queueMessages(
      tx,
      letters.map(({ dedupeKey, mail }) => ({ ...about, dedupeKey, ...mail })),
      tools,
    );
  },
  async sms(tx, letters, { canText, site: { adminSms }, tools }) {
    if (!canText || !adminSms) return;
    const about = { task: ALERTS, channel: 'sms' as const, recipient: adminSms, subject: '' };
    await queueMessages(
      tx,
      letters.map(({ dedupeKey, sms }) => ({ ...about, dedupeKey: `${dedupeKey}:sms`, text: sms })),
      tools,
    );
  },
};
