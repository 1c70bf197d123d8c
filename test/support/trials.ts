import { sql } from 'drizzle-orm';
import { startLokario } from './lokario.js';

/** When the companies of these tests began. */
export const FOUNDED = '2026-01-05T09:00:00Z';

interface Options {
  env?: Record<string, string>;
}

/** The service, whose clock the test turns, with companies on trial. */
export async function startTrials(moment: string, { env = {} }: Options = {}) {
  let now = new Date(moment);
  const service = await startLokario({ now: () => now, env });
  const { db } = service;
  return {
    ...service,
    turn: (next: string | Date) => (now = new Date(next)),
    expire: (query = '') => service.run('/trials/expire', query),
    nudge: (query = '') => service.run('/trials/nudge-inactive', query),
    trial: (values: Record<string, unknown> = {}) =>
      service.company({ plan: 'trial', status: 'trial', created_at: FOUNDED, ...values }),
    member: (companyId: string, values: Record<string, unknown> = {}) =>
      service.user(companyId, { created_at: FOUNDED, ...values }),
    async state(companyId: string) {
      const [row] = await db.rows<{ status: string; able: number; sessions: number }>(sql`
        select company.status,
          (select count(*)::int from cronhook.users where company_id = company.id and disabled_at is null) as able,
          (select count(*)::int from cronhook.sessions session join cronhook.users holder on holder.id = user_id
            where holder.company_id = company.id) as sessions
        from cronhook.companies company where company.id = ${companyId}::uuid
      `);
      return row;
    },
    update: (companyId: string, change: ReturnType<typeof sql>) =>
      db.rows(sql`update cronhook.companies set ${change} where id = ${companyId}::uuid`),
    subscribe: (companyId: string, values: Record<string, unknown> = {}) =>
      service.insert('subscriptions', {
        id: crypto.randomUUID(),
        company_id: companyId,
        plan: 'pro',
        price_cents: 4_900,
        currency: 'EUR',
        interval: 'month',
        status: 'active',
        started_at: FOUNDED,
        ...values,
      }),
  };
}
