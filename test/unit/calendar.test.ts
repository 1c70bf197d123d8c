import { describe, expect, test } from 'vitest';
import {
  addDays,
  daysBetween,
  inMarketingHours,
  isFrenchHoliday,
  isWeekend,
  localDay,
  localHour,
  nextMarketingMoment,
} from '../../src/calendar.js';

const PARIS = 'Europe/Paris';
const HOUR_MS = 3_600_000;

/** Every hour of the four days around, and the same with minutes. */
const hoursAround = (day: string): Date[] =>
  Array.from({ length: 96 * 2 }, (_, n) => new Date(Date.parse(day) + (n / 2 - 48) * HOUR_MS));

/** What the law says of Paris, written without a calendar: summer time is two hours ahead, winter one. */
function parisClock(moment: Date): { day: string; hour: number } {
  const summer =
    moment >= new Date('2026-03-29T01:00:00Z') && moment < new Date('2026-10-25T01:00:00Z') ? 2 : 1;
  const shown = new Date(moment.getTime() + summer * HOUR_MS).toISOString();
  return { day: shown.slice(0, 10), hour: Number(shown.slice(11, 13)) };
}

describe.each(['2026-03-29', '2026-10-25'])('around the change of the clocks on %s', (changeDay) => {
  const moments = hoursAround(changeDay);

  test('every moment has the day and hour that the clocks of Paris show', () => {
    for (const moment of moments) {
      expect({ day: localDay(moment, PARIS), hour: localHour(moment, PARIS) }).toEqual(parisClock(moment));
    }
  });

  test('marketing hours are those on the clock, and none on that Sunday', () => {
    for (const moment of moments) {
      const { day, hour } = parisClock(moment);
      expect(inMarketingHours(moment, PARIS)).toBe(day !== changeDay && hour >= 8 && hour < 22);
    }
  });

  test('the next marketing moment is the first half hour that is allowed', () => {
    for (const moment of moments) {
      let first = moment;
      while (!inMarketingHours(first, PARIS)) first = new Date(first.getTime() + HOUR_MS / 2);
      expect(nextMarketingMoment(moment, PARIS)).toEqual(first);
    }
  });
});

describe('marketing hours', () => {
  test.each([
    ['2026-11-20T06:59:59.999Z', '2026-11-20T07:00:00.000Z', 'before 8 waits until 8'],
    ['2026-11-20T07:00:00.000Z', '2026-11-20T07:00:00.000Z', '8 o’clock is allowed'],
    ['2026-11-20T20:59:59.999Z', '2026-11-20T20:59:59.999Z', 'the last millisecond before 22 is allowed'],
    ['2026-11-20T21:00:00.000Z', '2026-11-21T07:00:00.000Z', '22 o’clock waits for the morning'],
    ['2026-11-21T21:00:00.000Z', '2026-11-23T07:00:00.000Z', 'Saturday night waits for Monday'],
    ['2026-03-28T21:00:00.000Z', '2026-03-30T06:00:00.000Z', 'across the start of summer time'],
    ['2026-10-24T20:00:00.000Z', '2026-10-26T07:00:00.000Z', 'across its end'],
    ['2026-04-04T20:30:00.000Z', '2026-04-07T06:00:00.000Z', 'Easter Sunday and Monday are skipped'],
    ['2027-12-24T21:30:00.000Z', '2027-12-27T07:00:00.000Z', 'Christmas on a Saturday, then a Sunday'],
  ])('%s -> %s: %s', (moment, next) => {
    expect(nextMarketingMoment(new Date(moment), PARIS).toISOString()).toBe(next);
  });

  test.each(['America/New_York', 'Asia/Kathmandu', 'Pacific/Kiritimati', 'America/Sao_Paulo', 'Asia/Amman'])(
    'are those of the clock in %s too',
    (zone) => {
      for (let hour = 0; hour < 24 * 365; hour += 5) {
        const moment = new Date(Date.UTC(2026, 0, 1) + hour * HOUR_MS);
        const next = nextMarketingMoment(moment, zone);
        expect(inMarketingHours(next, zone)).toBe(true);
        if (next > moment) {
          expect(inMarketingHours(new Date(next.getTime() - 1), zone)).toBe(false);
          expect(localHour(next, zone)).toBe(8);
          expect(next.getTime() % (15 * 60_000)).toBe(0);
        }
      }
    },
  );
});

describe('marketing hours on a morning whose clocks changed', () => {
  test('begin at 8 on the new clock (Los Angeles, Monday 9 February 1942)', () => {
    const next = nextMarketingMoment(new Date('1942-02-09T09:00:00Z'), 'America/Los_Angeles');
    expect(next.toISOString()).toBe('1942-02-09T15:00:00.000Z');
  });
});

describe('French public holidays', () => {
  test.each([
    [2024, ['04-01', '05-09', '05-20']],
    [2025, ['04-21', '05-29', '06-09']],
    [2026, ['04-06', '05-14', '05-25']],
    // The latest Easter there is, and Ascension on 1 May with the earliest (2008: 23 March).
    [2038, ['04-26', '06-03', '06-14']],
    [2008, ['03-24', '05-01', '05-12']],
    // 19 April: a full moon that the church puts a day early.
    [1981, ['04-20', '05-28', '06-08']],
  ])('%d has the fixed ones and those that follow Easter, and no others', (year, movable) => {
    const fixed = ['01-01', '05-01', '05-08', '07-14', '08-15', '11-01', '11-11', '12-25'];
    const expected = [...new Set([...fixed, ...movable])].sort().map((day) => `${year}-${day}`);
    const days = Array.from({ length: 366 }, (_, n) => addDays(`${year}-01-01`, n));
    expect(days.filter((day) => day.startsWith(`${year}`)).filter(isFrenchHoliday)).toEqual(expected);
  });
});

describe('days', () => {
  test('are counted by the calendar, whatever the clocks do', () => {
    expect(addDays('2026-03-28', 2)).toBe('2026-03-30');
    expect(addDays('2026-10-26', -2)).toBe('2026-10-24');
    expect(addDays('2028-02-28', 1)).toBe('2028-02-29');
    expect(addDays('2026-12-31', 1)).toBe('2027-01-01');
    expect(daysBetween('2026-03-28', '2026-03-30')).toBe(2);
    expect(daysBetween('2026-03-30', '2026-03-28')).toBe(-2);
    expect(daysBetween('2026-01-01', '2027-01-01')).toBe(365);
  });

  test('weekends are Saturdays and Sundays', () => {
    const week = ['2026-11-16', '2026-11-17', '2026-11-18', '2026-11-19', '2026-11-20'];
    expect(week.filter(isWeekend)).toEqual([]);
    expect(['2026-11-21', '2026-11-22'].filter(isWeekend)).toHaveLength(2);
  });
});
