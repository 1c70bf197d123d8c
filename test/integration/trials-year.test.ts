import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { addDays, momentAt } from '../../src/calendar.js';
import { startTrials } from '../support/trials.js';

const ZONE = 'Europe/Paris';
const FIRST_DAY = '2026-01-01';
const LAST_DAY = '2026-12-31';
const EXPIRY_HOUR = 1;
const NUDGE_HOUR = 10;
const DAY_MS = 86_400_000;

/** A moment as the clock on the wall shows it, `2026-03-29T10`: such texts sort, and no change of hour moves them. */
type Wall = string;

interface Story {
  id: string;
  created: Wall;
  ends: Wall;
  active?: Wall;
  converted?: Wall;
}

const wall = (day: string, hour: number): Wall => `${day}T${String(hour).padStart(2, '0')}`;
const dayIn = (moment: Wall): string => moment.slice(0, 10);
const plus = (moment: Wall, days: number): Wall => `${addDays(dayIn(moment), days)}${moment.slice(10)}`;
const instant = (moment: Wall): Date => momentAt(dayIn(moment), Number(moment.slice(11)), ZONE);

/** A company began every fourth day, at another hour; every third was active again, every fifth converts. */
function stories(): Story[] {
  return Array.from({ length: 85 }, (_, n) => {
    const created = wall(addDays(FIRST_DAY, n * 4), 4 + ((n * 7) % 19));
    const ends = plus(created, n % 2 === 0 ? 14 : 30);
    return {
      id: crypto.randomUUID(),
      created,
      ends,
      ...(n % 3 === 0 && { active: plus(created, 1 + (n % 9)) }),
      ...(n % 5 === 0 && { converted: plus(ends, -(n % 4)) }),
    };
  });
}

/** What a company must get and when, reckoned on the wall, call by call. */
function expected(story: Story): string[] {
  const { created, ends, active, converted } = story;
  const letters: string[] = [];
  let help: Wall | undefined;
  const got = (letter: string) => letters.some((line) => line.startsWith(letter));
  for (let day = dayIn(created); day <= LAST_DAY; day = addDays(day, 1)) {
    for (const [task, call] of [
      ['expire', wall(day, EXPIRY_HOUR)],
      ['nudge', wall(day, NUDGE_HOUR)],
    ] as const) {
      if (call < created || got('expired') || (converted && converted <= call)) continue;
      if (task === 'expire') {
        if (call >= ends) letters.push(`expired ${call}`);
        else if (call >= plus(ends, -3) && !got('warning')) letters.push(`warning ${call}`);
        continue;
      }
      if (Number(instant(ends)) - Number(instant(call)) <= DAY_MS) continue;
      const last = active && active <= call ? active : created;
      if (!help && plus(last, 3) < call) {
        help = call;
        letters.push(`help ${call}`);
      } else if (help && last <= help && plus(help, 4) <= call && !got('demo')) letters.push(`demo ${call}`);
    }
  }
  return letters;
}

test('a year of trials: each company gets each letter once, on its day, whatever the clocks do', {
  timeout: 900_000,
}, async () => {
  const all = stories();
  const service = await startTrials(instant(wall(FIRST_DAY, 0)).toISOString());
  for (const { id, created, ends } of all)
    await service.trial({
      id,
      email: `${id}@example.com`,
      created_at: instant(created),
      trial_ends_at: instant(ends),
    });
  // What has not happened yet is in no row.
  await service.db.rows(sql`create table cronhook.later as select * from cronhook.companies`);
  await service.db.rows(sql`delete from cronhook.companies`);

  for (let day = FIRST_DAY; day <= LAST_DAY; day = addDays(day, 1)) {
    for (const [hour, call] of [
      [EXPIRY_HOUR, service.expire],
      [NUDGE_HOUR, service.nudge],
    ] as const) {
      const now = instant(wall(day, hour));
      service.turn(now);
      await happen(service.db, all, wall(day, hour));
      expect(await call()).toMatchObject({ status: 'succeeded' });
    }
  }

  const messages = await service.messages();
  expect(messages.map(({ status }) => status)).not.toContain('pending');
  const times = new Map<string, Wall>();
  for (let day = FIRST_DAY; day <= LAST_DAY; day = addDays(day, 1))
    for (const hour of [EXPIRY_HOUR, NUDGE_HOUR])
      times.set(instant(wall(day, hour)).toISOString(), wall(day, hour));
  for (const story of all) {
    const letters = messages
      .filter(({ dedupe_key }) => dedupe_key.split(':')[1] === story.id)
      .map(({ dedupe_key, sent_at }) => {
        const [letter = ''] = dedupe_key.split(':');
        return `${letter.replace('trial-', '')} ${times.get(new Date(sent_at ?? 0).toISOString())}`;
      });
    expect(letters.sort(), JSON.stringify(story)).toEqual(expected(story).sort());
  }
  expect(new Set(messages.map(({ dedupe_key }) => dedupe_key.split(':')[0])).size).toBe(4);
});

/** What the application has written by then. */
async function happen(
  db: Awaited<ReturnType<typeof startTrials>>['db'],
  all: Story[],
  now: Wall,
): Promise<void> {
  await db.rows(sql`
    with begun as (
      delete from cronhook.later where created_at <= ${instant(now).toISOString()}::timestamptz returning *
    )
    insert into cronhook.companies select * from begun
  `);
  const past = (moment: Wall | undefined) => moment !== undefined && moment <= now;
  for (const { id, active, converted } of all) {
    if (past(active) && plus(active as Wall, 1) > now)
      await db.rows(
        sql`update cronhook.companies set last_active_at = ${instant(active as Wall).toISOString()}::timestamptz
          where id = ${id}::uuid`,
      );
    if (past(converted) && plus(converted as Wall, 1) > now)
      await db.rows(
        sql`update cronhook.companies set status = 'active',
          converted_at = ${instant(converted as Wall).toISOString()}::timestamptz where id = ${id}::uuid`,
      );
  }
}
