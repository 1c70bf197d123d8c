import { describe, expect, test } from 'vitest';
import { formatDay, formatDuration, formatMoment, formatMoney } from '../../../src/messages/format.js';
import { spaced } from './look.js';

const money = (...args: Parameters<typeof formatMoney>): string => spaced(formatMoney(...args));

describe('amounts', () => {
  test.each([
    ['123456', 'EUR', '1 234,56 €', '€1,234.56'],
    [5n, 'EUR', '0,05 €', '€0.05'],
    [-5, 'EUR', '-0,05 €', '-€0.05'],
    ['0', 'eur', '0,00 €', '€0.00'],
    ['1234', 'JPY', '1 234 JPY', 'JP¥1,234'],
    ['1234567', 'KWD', '1 234,567 KWD', 'KWD 1,234.567'],
    // The two that Intl would print without their minor units.
    ['1234567', 'IQD', '1 234,567 IQD', 'IQD 1,234.567'],
    ['123400', 'HUF', '1 234,00 HUF', 'HUF 1,234.00'],
    ['123456', 'XYZ', '1 234,56 XYZ', 'XYZ 1,234.56'],
    ['123456', 'euros', '1 234,56 EUROS', '1,234.56 EUROS'],
    ['123456', '', '1 234,56', '1,234.56'],
  ])('%s of %s have the minor units of the currency', (cents, currency, french, english) => {
    expect(money(cents, currency, 'fr')).toBe(french);
    expect(money(cents, currency, 'en')).toBe(english);
  });

  test('an amount is exact whatever its size', () => {
    expect(money('9223372036854775807', 'EUR', 'fr')).toBe('92 233 720 368 547 758,07 €');
    expect(money('-123456789012345678901234567', 'EUR', 'en')).toBe('-€1,234,567,890,123,456,789,012,345.67');
  });
});

describe('days and moments', () => {
  test.each([
    ['2026-11-12', '12 novembre 2026', '12 November 2026'],
    ['2026-08-01', '1er août 2026', '1 August 2026'],
    ['2026-12-31', '31 décembre 2026', '31 December 2026'],
    ['infinity', 'infinity', 'infinity'],
  ])('the day %s is the same day in every time zone', (day, french, english) => {
    const zone = process.env.TZ;
    try {
      for (const TZ of ['Pacific/Kiritimati', 'Pacific/Niue', 'UTC']) {
        process.env.TZ = TZ;
        expect(formatDay(day, 'fr')).toBe(french);
        expect(formatDay(day, 'en')).toBe(english);
      }
    } finally {
      if (zone === undefined) delete process.env.TZ;
      else process.env.TZ = zone;
    }
  });

  test('a moment is shown as the clocks of the site show it', () => {
    const moment = new Date('2026-11-21T13:30:00Z');
    const paris = { timeZone: 'Europe/Paris' };
    expect(formatMoment(moment, { ...paris, locale: 'fr' })).toBe('samedi 21 novembre 2026 à 14:30');
    expect(formatMoment(moment, { ...paris, locale: 'en' })).toBe('Saturday 21 November 2026 at 14:30');
    expect(formatMoment(moment, { timeZone: 'Pacific/Kiritimati', locale: 'fr' })).toBe(
      'dimanche 22 novembre 2026 à 03:30',
    );
    expect(formatMoment(new Date('2026-03-29T22:00:00Z'), { ...paris, locale: 'fr' })).toBe(
      'lundi 30 mars 2026 à 00:00',
    );
  });
});

describe('durations', () => {
  const MINUTE = 60_000;
  test.each([
    [-5, 'moins d’une minute', 'less than a minute'],
    [59_999, 'moins d’une minute', 'less than a minute'],
    [MINUTE, '1 minute', '1 minute'],
    [90 * MINUTE, '1 heure et 30 minutes', '1 hour and 30 minutes'],
    [24 * 60 * MINUTE, '1 jour', '1 day'],
    [(24 * 60 + 59) * MINUTE, '1 jour', '1 day'],
    [(2 * 24 * 60 + 3 * 60 + 7) * MINUTE, '2 jours et 3 heures', '2 days and 3 hours'],
    [1_500 * 24 * 60 * MINUTE, '1 500 jours', '1,500 days'],
  ])('%d ms are told by their two largest units', (ms, french, english) => {
    expect(spaced(formatDuration(ms, 'fr'))).toBe(french);
    expect(spaced(formatDuration(ms, 'en'))).toBe(english);
  });
});
