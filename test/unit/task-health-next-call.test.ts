import { Cron } from 'croner';
import { describe, expect, test } from 'vitest';
import { answeredUntil, nextCall } from '../../src/task-health/next-call.js';

const MINUTE = 60_000;
const DAY = 1440 * MINUTE;

/** A minute, and what the clock on the wall shows in it. */
interface Minute {
  at: number;
  wall: string;
  fields: [minute: number, hour: number, day: number, month: number, weekday: number];
}

/** Every minute of these days, as the zone's clocks show it. */
function minutesOf(from: string, days: number, timeZone: string): Minute[] {
  const clock = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  });
  const start = Date.parse(from);
  return Array.from({ length: (days * DAY) / MINUTE }, (_, index) => {
    const at = start + index * MINUTE;
    const wall = clock.format(at);
    const [day = 0, month = 0, year = 0, hour = 0, minute = 0] = (wall.match(/\d+/g) ?? []).map(Number);
    return {
      at,
      wall,
      fields: [minute, hour, day, month, new Date(Date.UTC(year, month - 1, day)).getUTCDay()],
    };
  });
}

const inField = (field: string, value: number): boolean =>
  field.split(',').some((part) => {
    const [range = '', step = '1'] = part.split('/');
    const [low = 0, high = low] = range === '*' ? [0, 59] : range.split('-').map(Number);
    return value >= low && value <= high && (value - low) % Number(step) === 0;
  });

function matches(schedule: string, [minute, hour, day, month, weekday]: Minute['fields']): boolean {
  const [minutes = '', hours = '', days = '', months = '', weekdays = ''] = schedule.split(' ');
  const dayFits =
    days !== '*' && weekdays !== '*'
      ? inField(days, day) || inField(weekdays, weekday)
      : inField(days, day) && inField(weekdays, weekday);
  return inField(minutes, minute) && inField(hours, hour) && dayFits && inField(months, month);
}

type Scheduler = (minutes: Minute[], schedule: string) => number[];

const clockwise: Scheduler = (minutes, schedule) =>
  minutes.filter(({ fields }) => matches(schedule, fields)).map(({ at }) => at);

const onlyTheFirst: Scheduler = (minutes, schedule) => {
  const seen = new Set<string>();
  const first = minutes.filter(({ wall }) => !seen.has(wall) && seen.add(wall));
  return clockwise(first, schedule);
};

const onlyTheSecond: Scheduler = (minutes, schedule) => {
  const last = new Map(minutes.map((minute) => [minute.wall, minute.at]));
  return clockwise(
    minutes.filter(({ wall, at }) => last.get(wall) === at),
    schedule,
  );
};

/** What would have been called in the hour that is left out is called as soon as it is over, or so much later. */
const makesUp =
  (later: 'at once' | 'shifted'): Scheduler =>
  (minutes, schedule) => {
    const calls = clockwise(minutes, schedule);
    minutes.forEach((minute, index) => {
      const before = minutes[index - 1];
      if (!before) return;
      const gap = clockMinutes(minute) - clockMinutes(before) - 1;
      for (let skipped = 0; skipped < gap && gap < 300; skipped++) {
        const fields: Minute['fields'] = [...minute.fields];
        const wall = clockMinutes(minute) - gap + skipped;
        [fields[0], fields[1]] = [wall % 60, Math.floor(wall / 60)];
        if (matches(schedule, fields)) calls.push(minute.at + (later === 'shifted' ? skipped * MINUTE : 0));
      }
    });
    return calls.sort((one, other) => one - other);
  };

const clockMinutes = ({ fields: [minute, hour, day] }: Minute): number => (day * 24 + hour) * 60 + minute;

const SCHEDULERS = {
  clockwise,
  onlyTheFirst,
  onlyTheSecond,
  'makes up at once': makesUp('at once'),
  'makes up later': makesUp('shifted'),
};

/** A few days around a change of the clocks. */
const NIGHTS = {
  'Paris, March': ['2026-03-25T00:00Z', 9, 'Europe/Paris'],
  'Paris, October': ['2026-10-21T00:00Z', 9, 'Europe/Paris'],
  'New York, March': ['2026-03-06T00:00Z', 4, 'America/New_York'],
  'New York, November': ['2026-10-30T00:00Z', 4, 'America/New_York'],
  'Lord Howe, April, half an hour': ['2026-04-02T12:00Z', 4, 'Australia/Lord_Howe'],
  'Lord Howe, October': ['2026-10-01T12:00Z', 4, 'Australia/Lord_Howe'],
  'Santiago, April, at midnight': ['2026-04-03T00:00Z', 4, 'America/Santiago'],
  'Santiago, September': ['2026-09-04T00:00Z', 4, 'America/Santiago'],
  'Kathmandu, which has none': ['2026-03-27T00:00Z', 3, 'Asia/Kathmandu'],
} as const;

const DAILY = [
  '30 2 * * *',
  '0 2 * * *',
  '0 3 * * *',
  '30 1 * * *',
  '15 0 * * *',
  '30 23 * * *',
  '45 1 * * *',
];
const SOME_HOURS = ['0,30 2 * * *', '0 */2 * * *', '*/20 1-3 * * *', '0 0 * * 0', '30 2 1 * *', '0 2 * * 1'];
const EVERY_HOUR = ['*/5 * * * *', '0 * * * *', '30 * * * *', '5,50 * * * 0', '*/15 * 29 * *'];

describe.each(Object.entries(NIGHTS))('when the clocks change: %s', (_, [from, days, timeZone]) => {
  const minutes = minutesOf(from, days, timeZone);
  const next = (schedule: string, after: number) => nextCall(schedule, timeZone, new Date(after))?.getTime();
  const nextAfterRun = (schedule: string, startedAt: number) =>
    next(schedule, answeredUntil(schedule, timeZone, new Date(startedAt)).getTime());

  test.each([...DAILY, ...SOME_HOURS])('%s is never late, whichever way a scheduler takes', (schedule) => {
    for (const [name, scheduler] of Object.entries(SCHEDULERS)) {
      const calls = scheduler(minutes, schedule);
      calls.slice(0, -1).forEach((call, index) => {
        const following = calls[index + 1] as number;
        expect(
          next(schedule, call + 15_000),
          `${name}, after ${new Date(call).toISOString()}`,
        ).toBeGreaterThanOrEqual(following);
      });
    }
  });

  test.each([...DAILY, ...SOME_HOURS])(
    '%s is never late by a scheduler that is two minutes early',
    (schedule) => {
      for (const [name, scheduler] of Object.entries(SCHEDULERS)) {
        const calls = scheduler(minutes, schedule);
        calls.slice(0, -1).forEach((call, index) => {
          const following = calls[index + 1] as number;
          const began = call - Math.min(2 * MINUTE, (call - (calls[index - 1] ?? 0)) / 2) + 1_000;
          expect(
            nextAfterRun(schedule, began),
            `${name}, after ${new Date(began).toISOString()}`,
          ).toBeGreaterThanOrEqual(following);
        });
      }
    },
  );

  test.each([...DAILY, ...SOME_HOURS, ...EVERY_HOUR])(
    '%s that is punctual answers one call only',
    (schedule) => {
      for (const call of clockwise(minutes, schedule))
        expect(nextAfterRun(schedule, call), new Date(call).toISOString()).toBe(
          next(schedule, call + 15_000),
        );
    },
  );

  test.each(DAILY)('%s that stops is late as soon as every scheduler would have called', (schedule) => {
    const schedules = Object.values(SCHEDULERS).map((scheduler) => scheduler(minutes, schedule));
    for (const call of clockwise(minutes, schedule)) {
      const followings = schedules.map((calls) => calls.find((at) => at > call));
      if (followings.includes(undefined)) continue;
      expect(next(schedule, call + 15_000), new Date(call).toISOString()).toBe(
        Math.max(...(followings as number[])),
      );
    }
  });

  test.each(SOME_HOURS)('%s that stops is late an hour after the time at the latest', (schedule) => {
    const known = new Set<string>();
    const calls = minutes.filter(({ fields }) => matches(schedule, fields));
    calls.slice(0, -1).forEach(({ at, wall }, index) => {
      known.add(wall);
      const following = calls.slice(index + 1).find((call) => !known.has(call.wall));
      if (following) expect(next(schedule, at + 15_000)).toBeLessThanOrEqual(following.at + 60 * MINUTE);
    });
  });

  test.each(EVERY_HOUR)('%s follows the hours that pass, as croner does', (schedule) => {
    const calls = clockwise(minutes, schedule);
    const cron = new Cron(schedule, { timezone: timeZone, paused: true });
    calls.slice(0, -1).forEach((call, index) => {
      expect(next(schedule, call + 15_000)).toBe(calls[index + 1]);
      const named = cron.nextRun(new Date(call));
      if (named && cron.match(named)) expect(next(schedule, call)).toBe(named.getTime());
    });
  });
});

describe('the time that does not exist or comes twice', () => {
  const iso = (schedule: string, after: string) =>
    nextCall(schedule, 'Europe/Paris', new Date(after))?.toISOString();

  test.each([
    ['30 2 * * *', '2026-03-28T01:30:15Z', '2026-03-30T00:30:00.000Z'],
    ['30 2 * * *', '2026-03-29T01:30:15Z', '2026-03-30T00:30:00.000Z'],
    ['30 2 * * *', '2026-10-24T00:30:15Z', '2026-10-25T01:30:00.000Z'],
    ['30 2 * * *', '2026-10-25T00:30:15Z', '2026-10-26T01:30:00.000Z'],
    ['30 2 * * *', '2026-10-25T01:30:15Z', '2026-10-26T01:30:00.000Z'],
    ['0 4 * * 0', '2026-03-22T03:00:15Z', '2026-03-29T02:00:00.000Z'],
    ['0 4 * * 0', '2026-10-18T02:00:15Z', '2026-10-25T03:00:00.000Z'],
    ['0 5 1 * *', '2026-03-01T04:00:15Z', '2026-04-01T03:00:00.000Z'],
    ['0 5 1 * *', '2026-10-01T03:00:15Z', '2026-11-01T04:00:00.000Z'],
    ['@hourly', '2026-10-25T00:00:15Z', '2026-10-25T01:00:00.000Z'],
  ])('%s in Paris, after a call at %s, is called by %s', (schedule, after, by) => {
    expect(iso(schedule, after)).toBe(by);
  });

  test('a schedule that never comes expects nothing', () => {
    expect(nextCall('0 0 30 2 *', 'Europe/Paris', new Date('2026-01-01'))).toBeNull();
  });
});
