import { sql } from 'drizzle-orm';
import type { Database } from '../../src/db/client.js';
import { MAIL_FROM } from './lokario.js';
import { read, startTestService } from './service.js';
import { type SmtpFaults, startSmtp } from './smtp.js';

/** A business that grows from one day to another: the same at each call. */
export async function seedBusiness(db: Database, from: string, to: string): Promise<void> {
  const day = sql`generate_series(${from}::timestamptz, ${to}::timestamptz, interval '1 day') with ordinality as day (at, n)`;
  await db.rows(sql`
    insert into cronhook.leads (email, source, created_at)
    select 'lead' || n || '-' || k || '@example.com', 'site', at + k * interval '1 hour'
    from ${day} cross join lateral generate_series(1, (2 + n % 5 + n / 20)::int) as k
  `);
  await db.rows(sql`
    insert into cronhook.companies (id, name, plan, status, created_at, trial_ends_at, converted_at)
    select ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid, 'Entreprise ' || n, 'pro',
      case when n % 3 = 0 then 'expired' else 'active' end, at, at + interval '14 days',
      case when n % 3 > 0 then at + interval '10 days' end
    from ${day}
  `);
  await db.rows(sql`
    insert into cronhook.subscriptions (company_id, plan, price_cents, interval, status, started_at, cancelled_at)
    select ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid, 'pro', 2900 + (n % 4)::int * 1500, 'month',
      case when n % 17 = 0 then 'past_due' when n % 11 = 0 then 'cancelled' else 'active' end, at + interval '10 days',
      case when n % 11 = 0 and n % 17 > 0 then at + interval '45 days' end
    from ${day} where n % 3 > 0
  `);
  await db.rows(sql`
    insert into cronhook.payments (company_id, amount_cents, status, created_at)
    select gen_random_uuid(), 2900 + (k % 4) * 1500, case when (n + k) % 13 = 0 then 'failed' else 'succeeded' end,
      at + k * interval '20 minutes'
    from ${day} cross join lateral generate_series(1, (1 + n / 6)::int) as k
  `);
  await db.rows(sql`
    insert into cronhook.support_tickets (opened_at, first_response_at, resolved_at, satisfaction)
    select at + k * interval '2 hours', at + k * interval '3 hours' + n * interval '1 minute', at + interval '1 day', 3 + (n % 3)::int
    from ${day} cross join lateral generate_series(1, (n % 3)::int) as k
  `);
  await db.rows(sql`
    insert into cronhook.user_activity (user_id, day)
    select ('00000000-0000-4000-9000-' || lpad(k::text, 12, '0'))::uuid, at::date
    from ${day} cross join lateral generate_series(1, (5 + n / 2)::int) as k where (n + k) % 4 > 0
  `);
}

interface Options {
  now: string;
  env?: Record<string, string>;
  smtp?: SmtpFaults;
  databaseUrl?: string;
  storageFolder?: string;
}

/** The service under a clock that stands still until the test turns it, with a mail server and an administrator. */
export async function startReports({ now, env, smtp: faults, ...options }: Options) {
  const clock = { now: new Date(now) };
  const smtp = await startSmtp(faults);
  const service = await startTestService({
    ...options,
    now: () => clock.now,
    env: { SMTP_URL: smtp.url, MAIL_FROM, ADMIN_EMAIL: 'fondatrice@example.fr', ...env },
  });
  const { storage } = service.context.services;
  if (!storage) throw new Error('no storage');
  return {
    ...service,
    smtp,
    clock,
    storage,
    run: (kind: 'daily' | 'weekly', query = '') => read(service.call(`/reports/${kind}?wait=120${query}`)),
    async keys() {
      const keys: string[] = [];
      for await (const { key } of storage.list('')) keys.push(key);
      return keys;
    },
    messages: () =>
      service.db.rows<{ dedupe_key: string; status: string }>(
        sql`select dedupe_key, status from cronhook.outbox_messages where task like 'report-%' order by dedupe_key`,
      ),
  };
}
