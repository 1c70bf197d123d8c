import { createHash } from 'node:crypto';
import { sql } from 'drizzle-orm';
import type { Database } from '../../src/db/client.js';

/** The raw rows of a company's back office; moments are milliseconds. */
export interface RawRows {
  leads: { id: string; created_at: number; converted_at: number | null }[];
  companies: {
    id: string;
    created_at: number;
    trial_ends_at: number | null;
    converted_at: number | null;
    status: string;
  }[];
  users: { id: string; created_at: number }[];
  subscriptions: {
    id: string;
    company_id: string;
    price_cents: number;
    currency: string;
    interval: 'month' | 'year';
    status: string;
    started_at: number;
    cancelled_at: number | null;
  }[];
  payments: {
    id: string;
    company_id: string;
    amount_cents: number;
    currency: string;
    status: 'succeeded' | 'failed' | 'refunded';
    created_at: number;
    refunded_at: number | null;
  }[];
  support_tickets: {
    id: string;
    opened_at: number;
    first_response_at: number | null;
    resolved_at: number | null;
    satisfaction: number | null;
  }[];
  user_activity: { user_id: string; day: string }[];
  marketing_spend: { month: string; channel: string; amount_cents: number }[];
}

export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;

/** The same numbers at each run (mulberry32). */
export function random(seed: number) {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const between = (from: number, to: number) => Math.floor(from + next() * (to - from));
  return {
    next,
    between,
    chance: (share: number) => next() < share,
    pick: <Item>(items: readonly Item[]) => items[between(0, items.length)] as Item,
  };
}

const PRICES = [
  [1_900, 'month'],
  [4_900, 'month'],
  [9_901, 'month'],
  [0, 'month'],
  [49_900, 'year'],
  [99_000, 'year'],
  [100_001, 'year'],
] as const;

/** A company's life between two moments, with all that calendars and customers come up with. */
export function simulate(seed: number, from: number, to: number, companies = 90): RawRows {
  const { between, chance, pick, next } = random(seed);
  let ids = 0;
  const id = (): string => {
    const digest = createHash('sha256').update(`${seed}:${ids++}`).digest('hex');
    return `${digest.slice(0, 8)}-${digest.slice(8, 12)}-4${digest.slice(13, 16)}-8${digest.slice(17, 20)}-${digest.slice(20, 32)}`;
  };
  const moment = (after = from) => between(after, to);
  const later = (after: number, most: number) => after + between(1, most);
  const rows: RawRows = {
    ...{ leads: [], companies: [], users: [], subscriptions: [], payments: [], support_tickets: [] },
    ...{ user_activity: [], marketing_spend: [] },
  };
  for (let n = 0; n < companies * 3; n++) {
    const created_at = moment();
    const converted_at = chance(0.4) ? later(created_at, pick([HOUR, DAY, 3 * DAY, 20 * DAY])) : null;
    rows.leads.push({ id: id(), created_at, converted_at });
  }
  for (let n = 0; n < companies; n++) {
    const created_at = moment();
    const trial_ends_at = chance(0.9) ? created_at + 14 * DAY : null;
    const converted_at = chance(0.7) ? later(created_at, 20 * DAY) : null;
    const company = {
      ...{ id: id(), created_at, trial_ends_at, converted_at },
      status: chance(0.5) ? 'active' : 'trial',
    };
    rows.companies.push(company);
    for (let user = between(1, 4); user > 0; user--) {
      const joined = later(created_at, 30 * DAY);
      const user_id = id();
      rows.users.push({ id: user_id, created_at: joined });
      const days = new Set<string>();
      for (let seen = joined; seen < to; seen += between(1, 12) * DAY)
        days.add(new Date(seen).toISOString().slice(0, 10));
      for (const day of days) rows.user_activity.push({ user_id, day });
    }
    if (converted_at !== null && converted_at < to) subscribe(company.id, converted_at);
  }

  function subscribe(company_id: string, since: number): void {
    let started_at = since;
    while (started_at < to) {
      const [price_cents, interval] = pick(PRICES);
      const base = { id: id(), company_id, price_cents, interval, started_at };
      const currency = chance(0.03) ? 'USD' : 'EUR';
      const lasts = chance(0.08) ? between(HOUR, 5 * HOUR) : between(5 * DAY, 150 * DAY);
      const cancelled_at = chance(0.15) ? null : started_at + lasts;
      const undated = cancelled_at === null && chance(0.2);
      const status = undated
        ? 'cancelled'
        : cancelled_at === null || cancelled_at > to
          ? pick(['active', 'past_due'])
          : 'cancelled';
      rows.subscriptions.push({ ...base, currency, cancelled_at, status });
      // A second one beside it.
      if (chance(0.1)) {
        const from = later(started_at, 5 * DAY);
        rows.subscriptions.push({
          ...{ ...base, id: id(), started_at: from, currency: 'EUR', price_cents: 700 },
          ...{ cancelled_at: from + between(DAY, 60 * DAY), status: 'cancelled' },
        });
      }
      pay(company_id, started_at, cancelled_at ?? to, price_cents);
      if (cancelled_at === null || chance(0.3)) return;
      // A change of plan in the same second or some seconds later, else somebody who comes back.
      started_at = cancelled_at + (chance(0.6) ? pick([0, 0, 7_000]) : between(HOUR, 40 * DAY));
    }
  }

  function pay(company_id: string, since: number, until: number, amount_cents: number): void {
    for (let at = since; at < Math.min(until, to); at += 30 * DAY) {
      const created_at = at + between(0, HOUR);
      const status = pick([
        'succeeded',
        'succeeded',
        'succeeded',
        'succeeded',
        'failed',
        'refunded',
      ] as const);
      const refunded_at =
        status === 'refunded' && chance(0.9)
          ? later(created_at, pick([HOUR, DAY, 10 * DAY, 40 * DAY]))
          : null;
      const currency = chance(0.05) ? 'CHF' : 'EUR';
      rows.payments.push({
        ...{ id: id(), company_id, amount_cents, currency, status, created_at, refunded_at },
      });
    }
  }

  for (let n = 0; n < companies * 4; n++) {
    const opened_at = moment();
    const first_response_at = chance(0.9) ? later(opened_at, 2 * DAY) : null;
    const resolved_at = first_response_at !== null && chance(0.8) ? later(first_response_at, 5 * DAY) : null;
    const satisfaction = resolved_at !== null && chance(0.6) ? between(1, 6) : null;
    rows.support_tickets.push({ id: id(), opened_at, first_response_at, resolved_at, satisfaction });
  }
  for (let month = new Date(from); month.getTime() < to; month.setUTCMonth(month.getUTCMonth() + 1)) {
    const first = `${month.toISOString().slice(0, 7)}-01`;
    for (const channel of ['search', 'fairs'])
      if (next() < 0.7)
        rows.marketing_spend.push({ month: first, channel, amount_cents: between(1_000, 90_000) });
  }
  return rows;
}

const EXTRAS: Partial<Record<keyof RawRows, string>> = {
  leads: `id || '@example.com' as email`,
  companies: `'Company ' || id as name`,
  users: `id || '@example.com' as email, 'Somebody' as name`,
  subscriptions: `'plan' as plan`,
};

/** Adds rows as the application would. */
export async function insertRows(db: Pick<Database, 'rows'>, rows: Partial<RawRows>): Promise<void> {
  for (const [table, given] of Object.entries(rows) as [keyof RawRows, Record<string, unknown>[]][]) {
    const [first] = given;
    if (!first) continue;
    const names = Object.keys(first).map((name) => `"${name}"`);
    const extra = EXTRAS[table];
    const columns = [
      ...names,
      ...(extra ? extra.split(', ').map((part) => `"${part.split(' as ')[1]}"`) : []),
    ];
    const json = JSON.stringify(
      given.map((row) =>
        Object.fromEntries(
          Object.entries(row).map(([name, value]) => [
            name,
            name.endsWith('_at') && value !== null ? new Date(value as number).toISOString() : value,
          ]),
        ),
      ),
    );
    await db.rows(sql`
      insert into cronhook.${sql.raw(table)} (${sql.raw(columns.join(', '))})
      select ${sql.raw([...names, ...(extra ? [extra] : [])].join(', '))}
      from json_populate_recordset(null::cronhook.${sql.raw(table)}, ${json}::json)
    `);
  }
}
