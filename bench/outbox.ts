import { sql } from 'drizzle-orm';
import { createTransport } from 'nodemailer';
import type { Database } from '../src/db/client.js';
import { spawnSmtp } from '../test/support/smtp-spawn.js';
import { atLeast, type Bench, inTurn, timed } from './bench.js';
import { POSTGRES_NOTE, startPostgres, startService } from './service.js';

const CONNECTIONS = 4;
const FROM = 'Cronhook <cronhook@bench.example>';
const DELIVER = '/outbox/deliver?wait=600';

export const bench: Bench = {
  async measure(options) {
    const { quick, say } = options;
    const mails = quick ? 200 : 5_000;
    const runs = options.runs ?? (quick ? 1 : 5);
    const postgres = await startPostgres(options);
    const smtp = await spawnSmtp();
    options.atEnd(() => smtp.close());
    const service = await startService(postgres, {
      env: { SMTP_URL: smtp.url, MAIL_FROM: FROM, SMTP_CONCURRENCY: String(CONNECTIONS), TASKS: 'outbox' },
    });
    options.atEnd(service.stop);

    const figure = async () => {
      await queue(service.db, mails);
      return timed(async () => {
        const answer = await service.call('POST', DELIVER);
        const { sent } = answer.stats as { sent: number };
        if (sent !== mails) throw new Error(`the task answered ${JSON.stringify(answer)}`);
      });
    };
    const baseline = () => timed(() => sendWithPool(smtp.url, mails));
    say('warming up');
    await figure();
    await baseline();
    const taken = await inTurn(runs, say, { figure, baseline });
    const rate = (ms: number) => (mails / ms) * 1000;
    return {
      figure: rate(taken.figure),
      baseline: rate(taken.baseline),
      unit: 'mails/s',
      goal: atLeast(0.8),
      notes: [
        `${mails} mails over ${CONNECTIONS} connections, median of ${runs} runs in turn; SMTP server in a process of its own`,
        `the figure writes down each mail before its connection ends the next one; ${POSTGRES_NOTE}`,
      ],
    };
  },
};

const TEXT = 'Bonjour,\n\nVotre facture reste impayée. Merci de la régler.\n\n'.repeat(8);
const HTML = `<html><body>${'<p style="margin:0">Votre facture reste impayée. Merci de la régler.</p>'.repeat(16)}</body></html>`;

const subject = (n: number) => `Facture F-2026-${n} : rappel`;
const recipient = (n: number) => `client-${n}@example.com`;
const HEADERS = { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' };

async function queue(db: Database, mails: number): Promise<void> {
  await db.rows(sql`truncate cronhook.outbox_messages`);
  const rows = Array.from({ length: mails }, (_, n) => ({ n, recipient: recipient(n), subject: subject(n) }));
  await db.rows(sql`
    insert into cronhook.outbox_messages (task, dedupe_key, recipient, subject, text_body, html_body)
    select 'bench', 'bench:' || n, recipient, subject, ${TEXT}, ${HTML}
    from json_to_recordset(${JSON.stringify(rows)}::json) as mail (n int, recipient text, subject text)
  `);
  await db.rows(sql`analyze cronhook.outbox_messages`);
}

async function sendWithPool(url: string, mails: number): Promise<void> {
  const transport = createTransport({ url, pool: true, maxConnections: CONNECTIONS });
  const all = Array.from({ length: mails }, (_, n) =>
    transport.sendMail({
      from: FROM,
      to: recipient(n),
      subject: subject(n),
      text: TEXT,
      html: HTML,
      headers: HEADERS,
    }),
  );
  await Promise.all(all);
  transport.close();
}
