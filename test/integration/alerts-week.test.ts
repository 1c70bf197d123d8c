import { expect, test } from 'vitest';
import { DAY, MINUTE, startIncidents, trouble } from '../support/incidents.js';

const LOOK = 5 * MINUTE;
const WEEK = 7 * DAY;

interface Outage {
  source: string;
  severity: 'critical' | 'important';
  /** Minutes of the week. */
  from: number;
  to: number;
}

const HOURS = 60;
const DAYS = 24 * HOURS;
const outage = (source: string, severity: Outage['severity'], from: number, minutes: number): Outage => ({
  ...{ source, severity, from },
  to: from + minutes,
});

const OUTAGES: Outage[] = [
  outage('monitor:shop', 'critical', 7, 20),
  outage('monitor:shop', 'critical', 1 * DAYS + 3, 3 * HOURS),
  outage('monitor:shop', 'critical', 3 * DAYS + 11, 2 * DAYS + 30),
  outage('monitor:api', 'critical', 2 * DAYS, 59),
  outage('monitor:api', 'critical', 4 * DAYS + 2, 61),
  outage('monitor:blog', 'important', 10, 6 * DAYS + 20 * HOURS),
  outage('performance:vps:disk', 'important', 5 * DAYS + 1, 25 * HOURS),
  // Still down when the week is over.
  outage('performance:vps:cpu', 'important', 6 * DAYS + 12 * HOURS, 10 * DAYS),
];

/** Ten minutes down, five up, over two hours. */
const FLAPPING = Array.from({ length: 8 }, (_, n) =>
  outage('monitor:unstable', 'critical', 2 * DAYS + n * 15, 10),
);

const isDown = (outages: Outage[], source: string, minute: number) =>
  outages.some((one) => one.source === source && minute >= one.from && minute < one.to);

/** What an outage is to be told of: its beginning, after an hour and each day, its end; as the looks see it. */
function tellings({ from, to }: Outage): number {
  const seen = Math.ceil(from / 5) * 5;
  const over = Math.ceil(to / 5) * 5;
  if (seen === over) return 0;
  const last = Math.min(over - 5, WEEK / MINUTE - 5);
  const lasts = last - seen;
  const reminders = (lasts >= HOURS ? 1 : 0) + Math.floor(lasts / DAYS);
  return 1 + reminders + (over < WEEK / MINUTE ? 1 : 0);
}

test('a week of outages, looked at every five minutes, is told of exactly as often as it should be', {
  timeout: 300_000,
}, async () => {
  const service = await startIncidents();
  const all = [...OUTAGES, ...FLAPPING];
  const sources = [...new Map(all.map((one) => [one.source, one.severity]))];
  for (let minute = 0; minute < WEEK / MINUTE; minute += LOOK / MINUTE) {
    const [wrong, well] = [true, false].map((down) =>
      sources.filter(([source]) => isDown(all, source, minute) === down),
    );
    await service.observe({
      wrong: (wrong ?? []).map(([source, severity]) => trouble(source, { severity })),
      well: (well ?? []).map(([source]) => source),
    });
    await service.remind();
    service.later(LOOK);
  }
  const told = await service.told();
  const count = (channel: string, source: string) =>
    told.filter((words) => words.startsWith(channel) && words.includes(source)).length;
  for (const [source, severity] of sources.filter(([name]) => name !== 'monitor:unstable')) {
    const expected = OUTAGES.filter((one) => one.source === source)
      .map(tellings)
      .reduce((sum, n) => sum + n);
    expect([source, count('email', source), count('sms', source)]).toEqual([
      source,
      expected,
      severity === 'critical' ? expected : 0,
    ]);
  }
  // Down, up, down, up, unstable; never wrong for a whole hour; an hour after the last time, well.
  for (const channel of ['email', 'sms'])
    expect(told.filter((words) => words.startsWith(channel) && words.includes('unstable'))).toEqual(
      [...['', 'Résolu : ', '', 'Résolu : ', 'Instable : ', 'Résolu : ']].map(
        (kind) => `${channel}: ${kind}monitor:unstable va mal`,
      ),
    );
  // Counted by hand: shop 2 + 3 + 5, api 2 + 2, blog 9, disk 4, cpu 2.
  expect(told.filter((words) => words.startsWith('email'))).toHaveLength(2 + 3 + 5 + 2 + 2 + 9 + 4 + 2 + 6);
});
