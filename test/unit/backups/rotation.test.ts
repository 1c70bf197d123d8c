import { describe, expect, it } from 'vitest';
import { type DatedSet, explainRemoval, keptBy } from '../../../src/backups/rotation.js';

const HOUR_MS = 60 * 60_000;
const KEEP = { days: 1, daily: 7, weekly: 4, monthly: 12 };

const setAt = (at: string | Date, verified = false): DatedSet => {
  const startedAt = new Date(at);
  return { stem: startedAt.toISOString(), startedAt, verified };
};

const hourly = (from: string, to: string): DatedSet[] => {
  const sets: DatedSet[] = [];
  for (let at = Date.parse(from); at <= Date.parse(to); at += HOUR_MS) sets.push(setAt(new Date(at)));
  return sets;
};

const stems = (sets: Iterable<DatedSet>) => [...sets].map(({ stem }) => stem).sort();

describe('a year of hourly backups', () => {
  const now = new Date('2026-11-21T14:30:05Z');
  const year = hourly('2025-11-21T00:30:00Z', '2026-11-21T14:30:00Z');

  it('leaves the last day, seven days, four ISO weeks and twelve months', () => {
    const lastDay = hourly('2026-11-20T15:30:00Z', '2026-11-21T14:30:00Z');
    const days = [15, 16, 17, 18, 19, 20].map((day) => setAt(`2026-11-${day}T23:30:00Z`));
    // Sundays: the 15th is there already.
    const weeks = ['2026-11-08', '2026-11-01'].map((day) => setAt(`${day}T23:30:00Z`));
    const months = [
      ...['2025-12-31', '2026-01-31', '2026-02-28', '2026-03-31', '2026-04-30', '2026-05-31'],
      ...['2026-06-30', '2026-07-31', '2026-08-31', '2026-09-30', '2026-10-31'],
    ].map((day) => setAt(`${day}T23:30:00Z`));
    const expected = new Set(stems([...lastDay, ...days, ...weeks, ...months]));
    expect(stems(keptBy(year, KEEP, now).keys())).toEqual([...expected].sort());
  });

  it('leaves the same when it rotates after each of them', () => {
    let sets: DatedSet[] = [];
    for (const set of year) {
      const at = new Date(set.startedAt.getTime() + 5_000);
      sets = [...keptBy([...sets, set], KEEP, at).keys()];
    }
    expect(stems(sets)).toEqual(stems(keptBy(year, KEEP, now).keys()));
  });

  it('names for every set either the rules that keep it or why none does', () => {
    const kept = keptBy(year, KEEP, now);
    const why = explainRemoval(year, KEEP);
    expect(kept.get(year.at(-1) as DatedSet)).toEqual(['newest', 'days', 'daily', 'weekly', 'monthly']);
    expect(why(setAt('2026-11-03T04:30:00Z'))).toEqual([
      'days: not younger than 1 day(s)',
      'daily: 2026-11-03 has a newer set',
      'weekly: 2026-11-02 has a newer set',
      'monthly: 2026-11 has a newer set',
    ]);
    expect(why(setAt('2026-11-03T23:30:00Z'))[1]).toBe('daily: not among the last 7');
  });
});

describe('what is never removed', () => {
  const none = { days: 0, daily: 0, weekly: 0, monthly: 0 };
  const now = new Date('2026-11-21T12:00:00Z');

  it('keeps the newest set and the newest verified one when no rule keeps anything', () => {
    const sets = [
      setAt('2020-01-01', true),
      setAt('2021-01-01', true),
      setAt('2022-01-01'),
      setAt('2023-01-01'),
    ];
    expect(
      [...keptBy(sets, none, now)].map(([set, rules]) => [set.startedAt.getUTCFullYear(), rules]),
    ).toEqual([
      [2023, ['newest']],
      [2021, ['verified']],
    ]);
  });

  it('counts days that have a set, so that a pause of a year removes nothing more', () => {
    const sets = hourly('2025-11-01T00:30:00Z', '2025-11-21T00:30:00Z');
    const daily = { ...none, daily: 7 };
    expect(keptBy(sets, daily, now).size).toBe(7);
  });

  it('keeps a set made under a clock that was ahead, and takes no day from the others for it', () => {
    const ahead = setAt('2031-01-01T00:00:00Z');
    const sets = [ahead, setAt('2026-11-21T11:00:00Z'), setAt('2026-11-20T11:00:00Z')];
    const kept = keptBy(sets, { ...none, daily: 2 }, now);
    expect(kept.get(ahead)).toEqual(['future']);
    expect(kept.size).toBe(3);
  });

  it('begins weeks on Monday, across the end of a year too', () => {
    const sets = ['2026-12-31', '2027-01-03', '2027-01-04'].map((day) => setAt(`${day}T10:00:00Z`));
    const kept = keptBy(sets, { ...none, weekly: 5 }, new Date('2027-01-05T00:00:00Z'));
    expect(stems(kept.keys())).toEqual(['2027-01-03T10:00:00.000Z', '2027-01-04T10:00:00.000Z']);
  });
});
