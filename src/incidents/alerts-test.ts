import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { rowsOf, type Transaction } from '../db/client.js';
import { tableProblem } from '../db/table-problem.js';
import { describeError } from '../errors.js';
import { deliver } from '../messages/delivery.js';
import { oneSms } from '../messages/gsm.js';
import { composeMail, paragraph } from '../messages/layout.js';
import { addNotifications } from '../messages/notify.js';
import { ALERTS, type NewMessage, queueMessages } from '../messages/queue.js';
import { type AnyTask, defineTask, type TaskContext } from '../tasks/define.js';
import { retire } from './observe.js';
import { sourceOf } from './task-incidents.js';

type TestContext = TaskContext<object, 'db', 'mail' | 'sms' | 'vault'>;

export interface ChannelResult {
  channel: 'application' | 'mail' | 'SMS';
  to: string;
  /** Why it did not arrive, and what to do; undefined when it did. */
  problem: string | undefined;
}

interface Sent {
  status: string;
  lastError: string | null;
}

const NAME = 'alerts-test';
const LOOK_MS = 500;
/** How the delivery names a channel that is away. */
const LANES = { mail: 'SMTP', SMS: 'SMS' };

/** Sends one test through every channel that is there. It is a run, for deliveries stand on its lease; it says nothing of any task. */
export const alertsTest = (report: (result: ChannelResult) => void): AnyTask =>
  defineTask({
    name: NAME,
    path: '/alerts/test',
    schedule: '0 0 1 1 *',
    product: 'talos',
    summary: 'Send a test through every channel of the alerts',
    success: (t) => t.alerts.test.subject,
    timeoutMs: 60_000,
    needs: ['db'],
    uses: ['mail', 'sms', 'vault'],
    input: z.object({}),
    isPart: () => true,
    async run(context) {
      // Tests that were killed are no trouble of a task.
      await context.db.write((tx) => retire(tx, [sourceOf(NAME)], context.now()));
      report(await testApplication(context));
      const problems = new Map<string, string>();
      const tests = testsOf(context);
      await context.db.write((tx) =>
        queueMessages(
          tx,
          tests.map(({ message }) => message),
          toolsOf(context),
        ),
      );
      const fail = (item: string, error: unknown) =>
        void problems.set(item, describeError(error, context.messages));
      await deliver({ ...context, fail }, { task: ALERTS });
      for (const { channel, message } of tests) {
        const told = problems.get(LANES[channel]) ?? problems.get(message.recipient);
        await settled(context, message.dedupeKey);
        const problem = await problemOf(context, message.dedupeKey, told);
        report({ channel, to: message.recipient, problem });
      }
      return {};
    },
  });

const toolsOf = ({ mail, vault, now }: TestContext) => ({ sender: mail?.sender, vault, now: now() });

async function testApplication(context: TestContext): Promise<ChannelResult> {
  const { db, runId, messages } = context;
  const { subject, text } = messages.alerts.test;
  const about = { userId: null, kind: 'alerts_test', severity: 'info', link: null } as const;
  const notice = { ...about, dedupeKey: `alerts-test:${runId}`, title: subject, body: text };
  const problem = await db
    .write((tx) => addNotifications(tx, [notice]))
    .then(
      () => undefined,
      (error) => db.write((tx) => problemWith(tx, 'notifications', error, context)),
    );
  return { channel: 'application', to: 'the administrators', problem };
}

const problemWith = async (tx: Transaction, table: string, error: unknown, { messages }: TestContext) =>
  describeError(await tableProblem(tx, { tables: [table], privilege: 'insert' }, error), messages);

function testsOf(context: TestContext): { channel: 'mail' | 'SMS'; message: NewMessage }[] {
  const { mail, sms, site, messages, runId } = context;
  const { subject, text } = messages.alerts.test;
  const dedupeKey = `alerts-test:${runId}`;
  const composed = composeMail({ subject, heading: subject, blocks: [paragraph(text)] }, context);
  const letter = { task: ALERTS, dedupeKey, ...composed };
  const short = { task: ALERTS, dedupeKey: `${dedupeKey}:sms`, channel: 'sms' as const, subject: '' };
  return [
    ...(mail && site.adminEmail
      ? [{ channel: 'mail' as const, message: { ...letter, recipient: site.adminEmail } }]
      : []),
    ...(sms && site.adminSms
      ? [
          {
            channel: 'SMS' as const,
            message: { ...short, recipient: site.adminSms, text: oneSms(messages.alerts.sms, subject) },
          },
        ]
      : []),
  ];
}

/** Another delivery may have it in hand. */
async function settled({ db, outOfTime, signal }: TestContext, dedupeKey: string): Promise<void> {
  const isUnderWay = () =>
    db.rows(sql`select from cronhook.outbox_messages where dedupe_key = ${dedupeKey} and status = 'sending'`);
  while (!outOfTime() && (await isUnderWay()).length > 0) await sleep(LOOK_MS, undefined, { signal });
}

/** What has become of a message; a test that did not leave must not arrive hours later. */
async function problemOf(
  { db, messages }: TestContext,
  dedupeKey: string,
  told: string | undefined,
): Promise<string | undefined> {
  const { notSent } = messages.alerts;
  const [sent] = await db.write((tx) =>
    rowsOf<Sent>(
      tx,
      sql`
        update cronhook.outbox_messages message
        set status = case when status in ('pending', 'held') then 'cancelled' else status end
        from (select id, status as found from cronhook.outbox_messages where dedupe_key = ${dedupeKey} for update) as known
        where message.id = known.id returning found as status, last_error as "lastError"
      `,
    ),
  );
  if (sent?.status === 'sent') return undefined;
  if (sent?.status === 'suppressed') return notSent.suppressed;
  if (sent?.status === 'held') return notSent.held;
  return told ?? sent?.lastError ?? notSent.waiting;
}
