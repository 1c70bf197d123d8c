import { sql } from 'drizzle-orm';
import {
  type Observation,
  observe,
  remindOfOpen,
  retire,
  type Trouble,
} from '../../src/incidents/observe.js';
import { createTelling } from '../../src/incidents/telling.js';
import { startLokario } from './lokario.js';
import type { SmtpFaults } from './smtp.js';
import { startTwilio } from './twilio.js';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
export const ADMIN_EMAIL = 'admin@example.com';
export const ADMIN_SMS = '+33612345678';

/** Incidents on a clock that the test turns, with mail and SMS unless the test says otherwise. */
export async function startIncidents(
  env: Record<string, string> = {},
  options: { databaseUrl?: string; smtp?: SmtpFaults } = {},
) {
  let now = new Date('2026-11-20T09:00:00Z');
  const twilio = await startTwilio();
  const service = await startLokario({
    now: () => now,
    ...options,
    env: {
      ADMIN_EMAIL,
      ADMIN_SMS,
      TWILIO_ACCOUNT_SID: twilio.accountSid,
      TWILIO_AUTH_TOKEN: twilio.authToken.reveal(),
      TWILIO_FROM: twilio.from,
      TWILIO_API_URL: twilio.apiUrl,
      ...env,
    },
  });
  const { context, db } = service;
  const telling = () => createTelling({ ...context, ...context.services, now: () => now });
  return {
    ...service,
    twilio,
    now: () => now,
    later: (ms: number) => {
      now = new Date(now.getTime() + ms);
    },
    observe: (observation: Partial<Observation>) =>
      db.transaction((tx) => observe(tx, { wrong: [], well: [], ...observation }, telling())),
    remind: () => db.transaction((tx) => remindOfOpen(tx, telling())),
    retire: (...sources: string[]) => db.transaction((tx) => retire(tx, sources, now)),
    incidents: () =>
      db.rows<{ source: string; severity: string; title: string; resolved_at: string | null }>(
        sql`select * from cronhook.incidents order by opened_at, source`,
      ),
    /** What has been queued, by its way and subject; an SMS has its text, without the name of the service. */
    told: async () => {
      const rows = await db.rows<{ channel: string; words: string }>(sql`
        select channel, coalesce(subject, regexp_replace(text_body, '^Cronhook : ', '')) as words
        from cronhook.outbox_messages where task = 'alerts' order by created_at, id
      `);
      return rows.map(
        ({ channel, words }) => `${channel}: ${words.replace(/ \((depuis|après|apres) .*\)$/, '')}`,
      );
    },
    forget: () => db.rows(sql`truncate cronhook.outbox_messages, cronhook.notifications`),
  };
}

export const trouble = (source: string, rest: Partial<Trouble> = {}): Trouble => ({
  source,
  severity: 'important',
  title: `${source} va mal`,
  message: `${source} ne répond pas : relancez-le`,
  link: null,
  ...rest,
});
