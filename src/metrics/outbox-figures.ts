import { type SQL, sql } from 'drizzle-orm';
import type { Database } from '../db/client.js';
import { CHANNELS, type Channel, type MessageStatus } from '../db/schema/messages.js';
import type { Family } from './exposition.js';

/** What is still to be sent, or never will be without a person. */
const UNSENT = ['pending', 'sending', 'held', 'failed'] as const satisfies MessageStatus[];
const WAITING = ['pending', 'sending'] as const satisfies MessageStatus[];

interface Unsent {
  channel: Channel;
  status: MessageStatus;
  messages: number;
  /** Of the oldest that should have gone out by now. */
  waitingSeconds: number | null;
}

export async function outboxFigures(db: Pick<Database, 'rows'>, now: Date): Promise<Family[]> {
  const unsent = await readUnsent(db, now);
  const found = (channel: Channel, status: MessageStatus) =>
    unsent.find((line) => line.channel === channel && line.status === status);
  return [
    {
      name: 'cronhook_outbox_messages',
      help: 'E-mails and SMS that are not sent, by channel and status.',
      type: 'gauge',
      samples: CHANNELS.flatMap((channel) =>
        UNSENT.map((status) => ({
          labels: { channel, status },
          value: found(channel, status)?.messages ?? 0,
        })),
      ),
    },
    {
      name: 'cronhook_outbox_oldest_pending_age_seconds',
      help: 'For how long the oldest message has been queued that is due or was tried in vain; 0 when none is.',
      type: 'gauge',
      samples: CHANNELS.map((channel) => ({
        labels: { channel },
        value: Math.max(0, ...WAITING.map((status) => found(channel, status)?.waitingSeconds ?? 0)),
      })),
    },
  ];
}

/** One part a status, so that each has its partial index: what is sent is never read. */
const readUnsent = (db: Pick<Database, 'rows'>, now: Date): Promise<Unsent[]> =>
  db.rows<Unsent>(sql`
    select channel, 'pending' as status, count(*)::int as messages, ${waitingSeconds(now)} as "waitingSeconds"
    from cronhook.outbox_messages where status = 'pending' group by channel
    union all
    select channel, 'sending', count(*)::int, ${waitingSeconds(now)}
    from cronhook.outbox_messages where status = 'sending' group by channel
    union all
    select channel, status, count(*)::int, null
    from cronhook.outbox_messages where status in ('held', 'failed') group by channel, status
  `);

/** Every attempt puts the next one off: what was tried counts from its beginning, what waits for its hour does not. */
const waitingSeconds = (now: Date): SQL => {
  const at = sql`${now.toISOString()}::timestamptz`;
  return sql`extract(epoch from ${at} - min(created_at) filter (
    where next_attempt_at <= ${at} or last_error is not null
  ))::float8`;
};
