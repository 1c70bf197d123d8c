import { addDays, daysBetween } from '../../calendar.js';

/** Days are `YYYY-MM-DD`; weeks and months go by their first day. */
export const mondayOf = (day: string): string => addDays(day, -((new Date(day).getUTCDay() + 6) % 7));

export const monthOf = (day: string): string => `${day.slice(0, 7)}-01`;

export const monthBefore = (month: string): string => monthOf(addDays(month, -1));

/** Whether no other Monday of its month comes after it. */
export const isLastMonday = (monday: string): boolean => monthOf(addDays(monday, 7)) !== monthOf(monday);

/** `2026-W53`: the ISO week belongs to the year of its Thursday. */
export function isoWeek(monday: string): string {
  const thursday = addDays(monday, 3);
  const year = thursday.slice(0, 4);
  const week = Math.floor(daysBetween(`${year}-01-01`, thursday) / 7) + 1;
  return `${year}-W${String(week).padStart(2, '0')}`;
}

/** The Monday of `2026-W53`. */
export function mondayOfIsoWeek(name: string): string | undefined {
  const [, year, week] = /^(\d{4})-W(\d{2})$/.exec(name) ?? [];
  // The fourth of January is in the first week.
  return year && addDays(mondayOf(`${year}-01-04`), (Number(week) - 1) * 7);
}

/** The same day a year before; the 29th of February has the 1st of March. */
export function yearBefore(day: string): string {
  return new Date(Date.UTC(Number(day.slice(0, 4)) - 1, Number(day.slice(5, 7)) - 1, Number(day.slice(8))))
    .toISOString()
    .slice(0, 10);
}
