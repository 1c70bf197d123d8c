import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import type { AnyTask } from '../../src/tasks/define.js';
import { read, startTestService, type TestService } from './service.js';
import { type SmtpFaults, startSmtp } from './smtp.js';

export const MAIL_FROM = 'Cronhook <cronhook@service.example>';

export interface StoredMessage {
  id: string;
  task: string;
  dedupe_key: string;
  recipient: string;
  subject: string | null;
  text_body: string;
  html_body: string | null;
  message_id: string;
  status: string;
  attempts: number;
  next_attempt_at: string;
  last_error: string | null;
  sent_at: string | null;
  ephemeral: boolean;
}

interface Options {
  smtp?: SmtpFaults;
  env?: Record<string, string>;
  now?: () => Date;
  tasks?: AnyTask[];
  /** A database to share, or one that goes away. */
  databaseUrl?: string;
}

export type LokarioService = Awaited<ReturnType<typeof startLokario>>;

/** The service with an SMTP server of its own, and a company to work for. */
export async function startLokario({ smtp: faults, env, ...options }: Options = {}) {
  const smtp = await startSmtp(faults);
  const service = await startTestService({ ...options, env: { SMTP_URL: smtp.url, MAIL_FROM, ...env } });
  return { ...service, smtp, ...lokario(service) };
}

/** Rows as the team's application writes them. */
export function lokario({ db, call }: Pick<TestService, 'db' | 'call'>) {
  const insert = async (table: string, values: Record<string, unknown>): Promise<string> => {
    const columns = sql.raw(Object.keys(values).join(', '));
    const [row] = await db.rows<{ id: string }>(sql`
      insert into ${sql.raw(`cronhook.${table}`)} (${columns})
      select ${columns} from json_populate_record(null::${sql.raw(`cronhook.${table}`)}, ${JSON.stringify(values)}::json)
      returning ${sql.raw('id' in values ? 'id' : 'null::uuid as id')}
    `);
    return row?.id ?? '';
  };
  const withId = (values: Record<string, unknown>) => ({ id: randomUUID(), ...values });
  return {
    insert,
    run: (path: string, query = '') => read(call(`${path}?wait=120${query}`)),
    followups: (query = '') => read(call(`/followups/process-automatic?wait=120${query}`)),
    deliver: (query = '') => read(call(`/outbox/deliver?wait=120${query}`)),
    company: (values: Record<string, unknown> = {}) =>
      insert(
        'companies',
        withId({
          name: 'Atelier Moreau',
          email: 'contact@moreau.example',
          plan: 'pro',
          status: 'active',
          ...values,
        }),
      ),
    settings: (companyId: string, values: Record<string, unknown>) =>
      insert('billing_settings', {
        company_id: companyId,
        auto_followups_enabled: true,
        invoice_delays_days: [3, 10, 20],
        quote_delays_days: [3, 7],
        skip_weekends: false,
        ...values,
      }),
    user: (companyId: string | null, values: Record<string, unknown> = {}) =>
      insert(
        'users',
        withId({
          company_id: companyId,
          email: `user-${randomUUID()}@moreau.example`,
          name: 'Claire Moreau',
          role: 'owner',
          ...values,
        }),
      ),
    document: (companyId: string, values: Record<string, unknown> = {}) =>
      insert(
        'billing_documents',
        withId({
          company_id: companyId,
          kind: 'invoice',
          number: 'F-2026-001',
          customer_name: 'Client',
          customer_email: 'client@example.com',
          total_cents: 123_456,
          currency: 'EUR',
          issued_at: '2026-10-01',
          status: 'sent',
          ...values,
        }),
      ),
    async messages(): Promise<StoredMessage[]> {
      return db.rows<StoredMessage>(sql`select * from cronhook.outbox_messages order by created_at, id`);
    },
    chase: (documentId: string) =>
      db
        .rows<{
          id: string;
          steps_sent: number;
          stopped_reason: string | null;
          stopped_at: string | null;
          last_sent_at: string | null;
        }>(sql`select * from cronhook.followups where document_id = ${documentId}::uuid`)
        .then(([row]) => row),
    notifications: () =>
      db.rows<{ user_id: string | null; kind: string; title: string; body: string; severity: string }>(
        sql`select * from cronhook.notifications order by created_at, dedupe_key`,
      ),
    /** A plain pending message, as a task queues it. */
    message: (values: Record<string, unknown> = {}) =>
      insert(
        'outbox_messages',
        withId({
          task: 'test',
          channel: 'email',
          dedupe_key: `test:${randomUUID()}`,
          recipient: 'anna@example.com',
          subject: 'Bonjour',
          text_body: 'Bonjour Anna.',
          headers: {},
          attachments: [],
          message_id: `<${randomUUID()}@service.example>`,
          status: 'pending',
          ephemeral: false,
          attempts: 0,
          next_attempt_at: '2020-01-01T00:00:00Z',
          ...values,
        }),
      ),
  };
}
