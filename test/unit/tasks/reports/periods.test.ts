import { describe, expect, test } from 'vitest';
import { addDays } from '../../../../src/calendar.js';
import { reportedDay } from '../../../../src/tasks/reports/daily.js';
import {
  isLastMonday,
  isoWeek,
  mondayOf,
  mondayOfIsoWeek,
  monthBefore,
  yearBefore,
} from '../../../../src/tasks/reports/periods.js';
import { reportMonday } from '../../../../src/tasks/reports/weekly.js';

const PARIS = 'Europe/Paris';

describe('the day that is reported', () => {
  test.each([
    ['2026-11-22T07:00:00Z', '2026-11-21'],
    // Midnight in Paris is 23:00 UTC in winter, 22:00 in summer.
    ['2026-11-21T23:00:00Z', '2026-11-21'],
    ['2026-11-21T22:59:59Z', '2026-11-20'],
    ['2026-07-14T22:00:00Z', '2026-07-14'],
    // The nights with 23 and with 25 hours.
    ['2026-03-29T00:30:00Z', '2026-03-28'],
    ['2026-03-29T22:30:00Z', '2026-03-29'],
    ['2026-10-25T22:59:59Z', '2026-10-24'],
    ['2026-10-25T23:00:00Z', '2026-10-25'],
    ['2027-01-01T07:00:00Z', '2026-12-31'],
  ])('is the one that was over at %s: %s', (now, day) => {
    expect(reportedDay(new Date(now), PARIS)).toBe(day);
  });
});

describe('the week that is reported', () => {
  test('ends with the Sunday before, whichever day of the week the report is sent on', () => {
    for (let day = 23; day <= 29; day++)
      expect(reportMonday(new Date(`2026-11-${day}T12:00:00Z`), PARIS)).toBe('2026-11-23');
    expect(reportMonday(new Date('2026-11-29T23:00:00Z'), PARIS)).toBe('2026-11-30');
  });

  test.each([
    ['2026-12-28', '2026-W53'],
    ['2027-01-04', '2027-W01'],
    ['2025-12-29', '2026-W01'],
    ['2024-12-30', '2025-W01'],
    ['2021-01-04', '2021-W01'],
    ['2020-12-28', '2020-W53'],
  ])('that begins on %s is %s', (monday, week) => {
    expect(isoWeek(monday)).toBe(week);
    expect(mondayOfIsoWeek(week)).toBe(monday);
  });

  test('has a name that leads back to it, for forty years', () => {
    const names = new Set<string>();
    for (let monday = '2000-01-03'; monday < '2040'; monday = addDays(monday, 7)) {
      expect(mondayOf(addDays(monday, names.size % 7))).toBe(monday);
      expect(mondayOfIsoWeek(isoWeek(monday))).toBe(monday);
      names.add(isoWeek(monday));
    }
    expect(names.size).toBe(2087);
  });

  test.each([
    ['2026-11-23', false],
    ['2026-11-30', true],
    ['2026-12-28', true],
    ['2027-02-22', true],
    ['2027-02-15', false],
  ])('carries the month on its last Monday only: %s %s', (monday, last) => {
    expect(isLastMonday(monday)).toBe(last);
  });
});

test('a month comes after the month before, and a year has a day before the 29th of February', () => {
  expect(monthBefore('2026-01-01')).toBe('2025-12-01');
  expect(monthBefore('2026-03-01')).toBe('2026-02-01');
  expect(yearBefore('2026-11-21')).toBe('2025-11-21');
  expect(yearBefore('2028-02-29')).toBe('2027-03-01');
});
