/** Days are `YYYY-MM-DD`, the calendar's own: no time zone can shift them. */

interface WallClock {
  day: string;
  hour: number;
  minute: number;
}

/** The day that the calendar on the wall shows at this moment. */
export const localDay = (moment: Date, timeZone: string): string => wallClock(moment, timeZone).day;

/** 0 to 23. */
export const localHour = (moment: Date, timeZone: string): number => wallClock(moment, timeZone).hour;

export const addDays = (day: string, days: number): string =>
  new Date(Date.parse(day) + days * DAY_MS).toISOString().slice(0, 10);

/** Negative when `to` comes first. */
export const daysBetween = (from: string, to: string): number => (Date.parse(to) - Date.parse(from)) / DAY_MS;

export const isWeekend = (day: string): boolean => [SATURDAY, SUNDAY].includes(weekday(day));

/** The eleven days of article L3133-1 of the labour code. */
export function isFrenchHoliday(day: string): boolean {
  if (FIXED_HOLIDAYS.has(day.slice(5))) return true;
  return DAYS_AFTER_EASTER.has(daysBetween(easterSunday(Number(day.slice(0, 4))), day));
}

/** Nobody works: a weekend or a public holiday. */
export const isDayOff = (day: string): boolean => isWeekend(day) || isFrenchHoliday(day);

/** The hours in which French law allows marketing SMS: 8 to 22, no Sundays, no public holidays. */
export function inMarketingHours(moment: Date, timeZone: string): boolean {
  const { day, hour } = wallClock(moment, timeZone);
  return isMarketingDay(day) && hour >= FIRST_HOUR && hour < END_HOUR;
}

/** This very moment when it lies in the marketing hours, else the next 8 o'clock of a day that has some. */
export function nextMarketingMoment(moment: Date, timeZone: string): Date {
  if (inMarketingHours(moment, timeZone)) return moment;
  const { day: today, hour } = wallClock(moment, timeZone);
  let day = hour < FIRST_HOUR ? today : addDays(today, 1);
  while (!isMarketingDay(day)) day = addDays(day, 1);
  return momentAt(day, FIRST_HOUR, timeZone);
}

const DAY_MS = 86_400_000;
const SUNDAY = 0;
const SATURDAY = 6;
const FIRST_HOUR = 8;
const END_HOUR = 22;

const FIXED_HOLIDAYS = new Set(['01-01', '05-01', '05-08', '07-14', '08-15', '11-01', '11-11', '12-25']);
/** Easter Monday, Ascension, Whit Monday. */
const DAYS_AFTER_EASTER = new Set([1, 39, 50]);

const weekday = (day: string): number => new Date(day).getUTCDay();

const isMarketingDay = (day: string): boolean => weekday(day) !== SUNDAY && !isFrenchHoliday(day);

/** The anonymous Gregorian computus (Meeus, Jones, Butcher). */
function easterSunday(year: number): string {
  const golden = year % 19;
  const century = Math.floor(year / 100);
  const yearOfCentury = year % 100;
  const moonCorrection = Math.floor((8 * century + 13) / 25);
  const epact = (19 * golden + century - Math.floor(century / 4) - moonCorrection + 15) % 30;
  const toSunday =
    (32 + 2 * (century % 4) + 2 * Math.floor(yearOfCentury / 4) - epact - (yearOfCentury % 4)) % 7;
  const lateMoon = Math.floor((golden + 11 * epact + 22 * toSunday) / 451);
  const daysAfterMarch = epact + toSunday - 7 * lateMoon + 114;
  return new Date(Date.UTC(year, Math.floor(daysAfterMarch / 31) - 1, (daysAfterMarch % 31) + 1))
    .toISOString()
    .slice(0, 10);
}

/** When the clock on the wall shows this hour of this day. */
export function momentAt(day: string, hour: number, timeZone: string): Date {
  const wanted = Date.parse(day) + hour * 3_600_000;
  let moment = wanted;
  // Twice: the offset at the first guess may be that of the other side of a change.
  for (let round = 0; round < 2; round++) moment += wanted - shownAt(moment, timeZone);
  return new Date(moment);
}

/** What the clock on the wall shows, to the minute, as if it were UTC. */
export function shownAt(moment: number, timeZone: string): number {
  const { day, hour, minute } = wallClock(new Date(moment), timeZone);
  return Date.parse(day) + (hour * 60 + minute) * 60_000;
}

function wallClock(moment: Date, timeZone: string): WallClock {
  const parts = new Map(
    clockOf(timeZone)
      .formatToParts(moment)
      .map(({ type, value }) => [type, value]),
  );
  const day = `${parts.get('year')?.padStart(4, '0')}-${parts.get('month')}-${parts.get('day')}`;
  return { day, hour: Number(parts.get('hour')), minute: Number(parts.get('minute')) };
}

/** Made once for each zone: making one costs a thousand times what using it does. */
function clockOf(timeZone: string): Intl.DateTimeFormat {
  let clock = clocks.get(timeZone);
  if (!clock) {
    clock = new Intl.DateTimeFormat('en', {
      timeZone,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
    });
    clocks.set(timeZone, clock);
  }
  return clock;
}

const clocks = new Map<string, Intl.DateTimeFormat>();
