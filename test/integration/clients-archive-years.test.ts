import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { addDays, daysBetween, momentAt } from '../../src/calendar.js';
import { startClients } from '../support/clients.js';

const PARIS = 'Europe/Paris';
const COMPANIES = 40;
const MONTHS = 30;
const STATUSES = ['trial', 'active', 'expired', 'cancelled', 'inactive'] as const;

/** What the contract says of a company, by days: signs of life are at noon, runs at midnight. */
interface Model {
  id: string;
  user: string;
  status: string;
  previous: string | null;
  trialEnds: string;
  lastSign: string;
  asked: string | null;
  archived: string | null;
  /** Days on which somebody will be there. */
  signs: string[];
}

/** `YYYY-MM-DD` so many months later; the last day of a shorter month. */
function addMonths(day: string, months: number): string {
  const [year = 0, month = 0, date = 0] = day.split('-').map(Number);
  const first = new Date(Date.UTC(year, month - 1 + months, 1));
  const last = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 0)).getUTCDate();
  return new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth(), Math.min(date, last)))
    .toISOString()
    .slice(0, 10);
}

/** One run at midnight of this day. */
function step(model: Model, today: string, count: (what: string) => void): void {
  const isSilent = addMonths(model.lastSign, 6) < today;
  if (model.status === 'anonymized') return;
  if (model.asked && model.lastSign >= model.asked) {
    count(model.archived ? 'restored' : 'returned');
    const ended = model.previous === 'trial' && model.trialEnds <= today;
    if (model.archived) model.status = ended ? 'expired' : (model.previous ?? '');
    Object.assign(model, { asked: null, archived: null, previous: null });
  } else if (model.archived) {
    if (addMonths(model.archived, 12) > today) return;
    count('anonymised');
    model.status = 'anonymized';
  } else if (model.asked) {
    // In spring 30 days of 24 hours end an hour after midnight.
    const full = momentAt(model.asked, 0, PARIS).getTime() + 30 * 24 * 3_600_000;
    if (daysBetween(model.asked, today) < 30 || full > momentAt(today, 0, PARIS).getTime()) return;
    count('archived');
    Object.assign(model, { previous: model.status, status: 'archived', archived: today });
  } else if (isSilent) {
    count('asked');
    model.asked = today;
  }
}

/** The same numbers each time. */
function random(seed: number) {
  let state = seed;
  return (below: number) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
}

const noon = (day: string) => momentAt(day, 12, PARIS).toISOString();

test('through thirty months of a company town every state is what the contract says, run by run', async () => {
  const begin = '2026-07-01';
  const service = await startClients(momentAt(begin, 0, PARIS).toISOString());
  const below = random(7);
  const town: Model[] = [];
  for (let n = 0; n < COMPANIES; n++) {
    const status = STATUSES[n % STATUSES.length] as string;
    const lastSign = addDays(begin, -below(400));
    const trialEnds = addDays(begin, below(300) - 100);
    const id = await service.silent(noon(lastSign), {
      status,
      trial_ends_at: momentAt(trialEnds, 0, PARIS).toISOString(),
    });
    const user = await service.user(id);
    const signs = Array.from({ length: below(4) }, () => addDays(begin, below(MONTHS * 30))).sort();
    town.push({ id, user, status, previous: null, trialEnds, lastSign, asked: null, archived: null, signs });
  }
  const seen = new Set<string>();
  for (let month = 0; month < MONTHS; month++) {
    const today = addMonths(begin, month);
    service.turnTo(momentAt(today, 0, PARIS).toISOString());
    await live(service, town, today);
    const expected: Record<string, number> = {
      asked: 0,
      returned: 0,
      archived: 0,
      restored: 0,
      anonymised: 0,
    };
    for (const model of town)
      step(model, today, (what) => {
        expected[what] = (expected[what] ?? 0) + 1;
        seen.add(what);
      });
    expect(await service.archive(), today).toMatchObject({ status: 'succeeded', stats: expected });
    const rows = await service.db.rows<{ id: string; status: string; key: string | null }>(
      sql`select id, status, archive_key as key from cronhook.companies order by id`,
    );
    const wanted = town.map(({ id, status }) => [id, status]).sort();
    expect(
      rows.map(({ id, status }) => [id, status]),
      today,
    ).toEqual(wanted);
    // Exactly the archived have an export, and no other lies about for longer than a day.
    const keys = rows.flatMap(({ key }) => key ?? []);
    const archives = (await service.exports()).filter((key) => key.startsWith('archives/'));
    expect(archives, today).toEqual(keys.sort());
    expect(keys).toHaveLength(town.filter(({ status }) => status === 'archived').length);
  }
  expect([...seen].sort()).toEqual(['anonymised', 'archived', 'asked', 'restored', 'returned']);
}, 120_000);

/** Whoever was there before this midnight has left a sign. */
async function live(service: Awaited<ReturnType<typeof startClients>>, town: Model[], today: string) {
  for (const model of town) {
    const past = model.signs.filter((day) => day < today);
    model.signs = model.signs.filter((day) => day >= today);
    const last = past.at(-1);
    if (!last || model.status === 'anonymized' || last <= model.lastSign) continue;
    model.lastSign = last;
    await service.db.rows(
      sql`update cronhook.users set last_active_at = ${noon(last)}::timestamptz where id = ${model.user}::uuid`,
    );
  }
}
