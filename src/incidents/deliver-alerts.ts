import { sql } from 'drizzle-orm';
import { rowsOf, type Transaction } from '../db/client.js';
import type { Channel } from '../db/schema/messages.js';
import { describeError, isDatabaseUnavailable } from '../errors.js';
import { deliver } from '../messages/delivery.js';
import type { DeliveryContext, DeliveryTally } from '../messages/lane-delivery.js';
import { ALERTS } from '../messages/queue.js';
import { listed } from './incident-rows.js';
import { type Observation, observe, retire, type Trouble } from './observe.js';
import { createTelling } from './telling.js';
import { CHANNEL_SOURCES } from './ways.js';

/** By channel, what keeps its messages from leaving. */
type Broken = Map<Channel, { item: string; error: unknown }>;

/** How the delivery names a channel that does not work. */
const LANES = new Map<string, Channel>([
  ['SMTP', 'email'],
  ['SMS', 'sms'],
]);
const CHANNELS: Channel[] = ['email', 'sms'];

/**
 * Delivers alerts. A channel that does not work is an incident of its own, told by the other: whoever delivers has not
 * failed for that.
 */
export async function deliverAlerts(context: DeliveryContext): Promise<DeliveryTally> {
  const { tally, broken } = await attempt(context);
  if (!(await watchChannels(context, broken))) return tally;
  const again = await attempt(without(broken, context));
  // What is told of that leaves with the next delivery; a channel that was left out is as it was.
  await watchChannels(context, new Map([...broken, ...again.broken]));
  return sumOf(tally, again.tally);
}

async function attempt(context: DeliveryContext): Promise<{ tally: DeliveryTally; broken: Broken }> {
  const broken: Broken = new Map();
  const fail = (item: string, error: unknown) => {
    const channel = LANES.get(item);
    if (!channel) return context.fail(item, error);
    context.log.warn({ channel, err: error }, 'alerts do not leave by this channel');
    broken.set(channel, { item, error });
  };
  return { tally: await deliver({ ...context, fail }, { task: ALERTS }), broken };
}

/** What does not work is not tried twice. */
const without = (broken: Broken, { mail, sms, ...rest }: DeliveryContext): DeliveryContext => ({
  ...rest,
  ...(mail && !broken.has('email') && { mail }),
  ...(sms && !broken.has('sms') && { sms }),
});

/** @returns true when there may be something to deliver */
async function watchChannels(context: DeliveryContext, broken: Broken): Promise<boolean> {
  try {
    if (context.dryRun || (broken.size === 0 && !(await isAnyOpen(context)))) return false;
    const { opened, recovered } = await context.db.write(async (tx) => {
      const { idle, ...seen } = await lookAt(tx, broken, context);
      await retire(tx, [...unconfigured(context), ...idle], context.now());
      return observe(tx, seen, createTelling(context));
    });
    return opened + recovered > 0;
  } catch (error) {
    if (context.signal.aborted || isDatabaseUnavailable(error)) throw error;
    // Without incidents it is told as a failure of the run.
    for (const { item, error: problem } of broken.values()) context.fail(item, problem);
    context.fail('incidents', error);
    return false;
  }
}

/** What is not there any more has neither failed nor recovered. */
const unconfigured = ({ mail, sms }: DeliveryContext): string[] => [
  ...(mail ? [] : [CHANNEL_SOURCES.email]),
  ...(sms ? [] : [CHANNEL_SOURCES.sms]),
];

const isAnyOpen = async ({ db }: DeliveryContext): Promise<boolean> =>
  (await db.rows(sql`select from cronhook.incidents where ${ofChannels}`)).length > 0;

const ofChannels = sql`resolved_at is null and source in ${listed(Object.values(CHANNEL_SOURCES))}`;

/** A channel is well once something has gone out by it since; where no alert waits for it, nobody knows. */
async function lookAt(
  tx: Transaction,
  broken: Broken,
  context: DeliveryContext,
): Promise<Observation & { idle: string[] }> {
  const rows = await rowsOf<{ channel: Channel; waits: boolean; works: boolean }>(
    tx,
    sql`
      select channel,
        exists (
          select from cronhook.outbox_messages
          where status in ('pending', 'sending') and task = ${ALERTS} and outbox_messages.channel = given.channel
        ) as waits,
        exists (
          select from cronhook.outbox_messages
          where status = 'sent' and outbox_messages.channel = given.channel and sent_at >= (
            select last_seen_at from cronhook.incidents
            where resolved_at is null and source = 'channel:' || given.channel
          )
        ) as works
      from ${listed(CHANNELS)} as given (channel)
    `,
  );
  const reasonOf = (channel: Channel) => {
    const problem = broken.get(channel);
    return problem && describeError(problem.error, context.messages);
  };
  const looks = rows.map((row) => ({ ...row, reason: reasonOf(row.channel) }));
  return {
    wrong: looks.flatMap(({ channel, waits, reason }) =>
      waits && reason !== undefined ? [troubleOf(channel, reason, context)] : [],
    ),
    well: looks
      .filter(({ works, reason }) => works && reason === undefined)
      .map(({ channel }) => CHANNEL_SOURCES[channel]),
    idle: looks.filter(({ waits, works }) => !waits && !works).map(({ channel }) => CHANNEL_SOURCES[channel]),
  };
}

function troubleOf(channel: Channel, reason: string, { messages }: DeliveryContext): Trouble {
  const { title, message } = messages.alerts.channel[channel];
  const source = CHANNEL_SOURCES[channel];
  return { source, severity: 'important', title, message: message(reason), link: null };
}

const sumOf = (one: DeliveryTally, other: DeliveryTally): DeliveryTally => ({
  sent: one.sent + other.sent,
  postponed: one.postponed + other.postponed,
  refused: one.refused + other.refused,
  cancelled: one.cancelled + other.cancelled,
  suppressed: one.suppressed + other.suppressed,
  remaining: other.remaining,
});
