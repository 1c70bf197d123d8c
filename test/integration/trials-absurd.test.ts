import { type SQL, sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { startTrials } from '../support/trials.js';

const ENDS = '2026-02-10T10:00:00Z';
const LATEST = '294276-12-31 23:59:59+00';
const EARLIEST = '4714-11-24 00:00:00+00 BC';

const company = (column: string, moment: string) => (id: SQL) =>
  sql`update cronhook.companies set ${sql.raw(column)} = ${moment}::timestamptz where id = ${id}`;

const login = (moment: string) => (id: SQL) =>
  sql`update cronhook.users set last_login_at = ${moment}::timestamptz where company_id = ${id}`;

const activity = (day: string) => (id: SQL) =>
  sql`insert into cronhook.user_activity (user_id, day)
    select id, ${day}::date from cronhook.users where company_id = ${id}`;

const help = (moment: string) => (id: SQL) =>
  sql`insert into cronhook.trial_contacts (company_id, help_offered_at) values (${id}, ${moment}::timestamptz)`;

const cancellation = (moment: string) => (id: SQL) =>
  sql`insert into cronhook.subscriptions
      (company_id, plan, price_cents, currency, interval, status, started_at, cancelled_at)
    values (${id}, 'pro', 4900, 'EUR', 'month', 'cancelled', '2026-01-05', ${moment}::timestamptz)`;

const ABSURD = [
  company('trial_ends_at', '20000-01-01'),
  company('trial_ends_at', '9999-12-31'),
  company('trial_ends_at', '0044-03-15 BC'),
  company('created_at', EARLIEST),
  company('last_active_at', LATEST),
  ...[LATEST, EARLIEST, 'infinity', '-infinity'].flatMap((moment) => [
    company('trial_ends_at', moment),
    login(moment),
    help(moment),
    cancellation(moment),
  ]),
  ...['300000-01-01', '5874897-12-31', '4714-11-24 BC', 'infinity', '-infinity'].map(activity),
];

test.each(['Europe/Paris', 'America/Los_Angeles'])(
  'dates that no calendar shows fail nothing for other companies, in %s',
  async (TIMEZONE) => {
    const service = await startTrials('2026-02-02T09:00:00Z', { env: { TIMEZONE } });
    for (const spoil of ABSURD) {
      const bad = await service.trial({ trial_ends_at: ENDS, email: null });
      await service.member(bad);
      await service.db.rows(spoil(sql`${bad}::uuid`));
    }
    const good = await service.trial({ trial_ends_at: ENDS });
    await service.member(good, { email: 'good@moreau.example' });

    for (const moment of ['2026-02-02T09:00:00Z', '2026-02-07T09:00:00Z', '2026-02-08T09:00:00Z', ENDS]) {
      service.turn(moment);
      for (const call of [service.nudge, service.expire]) {
        const dry = await call('&dryRun=true');
        expect(dry).toMatchObject({ status: 'succeeded', stats: { failed: 0 } });
        expect(await call()).toMatchObject({ status: 'succeeded', stats: { failed: 0 } });
      }
    }
    const messages = await service.messages();
    expect(
      messages.filter(({ recipient }) => recipient === 'good@moreau.example').map(({ subject }) => subject),
    ).toEqual([
      'Besoin d’aide ?',
      'Une démonstration Cronhook rien que pour vous ?',
      'Votre essai Cronhook se termine le 10 février 2026',
      'Votre essai Cronhook est terminé : reprenez où vous en étiez',
    ]);
    expect((await service.state(good))?.status).toBe('expired');
    for (const { text_body, status } of messages) {
      expect(text_body).not.toMatch(/Invalid Date|undefined|null| le \.| au {2}/);
      expect(status).not.toBe('pending');
    }
  },
);
