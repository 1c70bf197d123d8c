import { sql } from 'drizzle-orm';
import type { ProberOptions } from '../../src/clients/probe.js';
import type { AnyTask } from '../../src/tasks/define.js';
import { availabilityTask } from '../../src/tasks/monitoring/availability.js';
import { startLokario } from './lokario.js';
import { startSite } from './probe-servers.js';
import type { SmtpFaults } from './smtp.js';
import { startTwilio } from './twilio.js';

export const AVAILABILITY_PATH = '/monitoring/availability';
/** The real ones, a thousand times as quick. */
export const QUICK = [20, 40, 65];

interface Options {
  pauses?: number[];
  at?: string;
  tasks?: AnyTask[];
  env?: Record<string, string>;
  smtp?: SmtpFaults;
  databaseUrl?: string;
  /** A name server and an authority of the test's own. */
  network?: ProberOptions;
}

/** The availability task on a clock that the test turns, with an SMTP server and Twilio. */
export async function startAvailability({
  pauses = QUICK,
  at,
  tasks = [],
  env = {},
  network,
  ...options
}: Options = {}) {
  let now = new Date(at ?? '2026-11-20T09:00:00Z');
  const twilio = await startTwilio();
  const service = await startLokario({
    tasks: [availabilityTask(pauses, network), ...tasks],
    now: () => now,
    ...options,
    env: {
      ...{ ADMIN_EMAIL: 'admin@example.com', ADMIN_SMS: '+33612345678' },
      TWILIO_ACCOUNT_SID: twilio.accountSid,
      TWILIO_AUTH_TOKEN: twilio.authToken.reveal(),
      TWILIO_FROM: twilio.from,
      TWILIO_API_URL: twilio.apiUrl,
      ...env,
    },
  });
  return {
    ...service,
    twilio,
    now: () => now,
    later: (minutes: number) => {
      now = new Date(now.getTime() + minutes * 60_000);
    },
    watch: (query = '') => service.run(AVAILABILITY_PATH, query),
    /** Subjects and texts of what has arrived. */
    mails: () => service.smtp.mails.map(({ subject }) => subject),
    texts: () => twilio.sent.map(({ body }) => body),
    incidents: () =>
      service.db.rows<{ source: string; severity: string; open: boolean }>(sql`
        select source, severity, resolved_at is null as open from cronhook.incidents order by opened_at, source
      `),
  };
}

/** A site that answers as it is told: with these statuses first, one by one, and then with the last of them. */
export async function startPage(...statuses: number[]) {
  let asked = 0;
  let planned = statuses.length > 0 ? statuses : [200];
  let onAsked: () => unknown = () => {};
  const site = await startSite(async (_request, response) => {
    const status = planned[Math.min(asked, planned.length - 1)] as number;
    asked += 1;
    await onAsked();
    response.writeHead(status).end('hello');
  });
  return {
    ...site,
    url: `http://127.0.0.1:${site.port}/`,
    asked: () => asked,
    plan: (...next: number[]) => {
      asked = 0;
      planned = next;
    },
    /** Before each answer. */
    before: (work: () => unknown) => {
      onAsked = work;
    },
  };
}
