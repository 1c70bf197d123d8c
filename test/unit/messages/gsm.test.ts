import { describe, expect, test } from 'vitest';
import { oneSms, readableOnPhones } from '../../../src/messages/gsm.js';

const frame = (part: string) => `Cronhook : ${part} (depuis le 21 nov. à 14:05)`;
const plain = (text: string) => oneSms((part) => part, text);

describe('an SMS', () => {
  test('has plain apostrophes, quotes, dashes and spaces', () => {
    expect(plain('L’été « là »\u00a0: 5\u202f% – fini…')).toBe('L\'été "là" : 5 % - fini...');
  });

  test('keeps the letters that phones have, and takes the accent of the others', () => {
    expect(plain('éèàùçâêîôûëïœŒÉÀ € Łódź')).toBe('éèàùcaeioueioeOEÉA € ?odz');
  });

  test('never has more than 160 characters, a sign that costs two counted twice, and keeps its frame', () => {
    for (const part of [
      'a'.repeat(500),
      '€'.repeat(500),
      '🧾'.repeat(500),
      'e\u0301'.repeat(500),
      'œ'.repeat(500),
    ]) {
      const text = oneSms(frame, part);
      const cost = [...text].reduce((sum, one) => sum + ('^{}\\[~]|€'.includes(one) ? 2 : 1), 0);
      expect(cost).toBeLessThanOrEqual(160);
      expect(cost).toBeGreaterThan(157);
      expect(text).toMatch(/^Cronhook : .*\.\.\. \(depuis le 21 nov\. à 14:05\)$/);
      expect(text.isWellFormed()).toBe(true);
    }
  });

  test('of exactly 160 characters is whole', () => {
    expect(plain('x'.repeat(160))).toBe('x'.repeat(160));
    expect(plain('x'.repeat(161))).toBe(`${'x'.repeat(157)}...`);
  });

  test('spells signs that have letters of their own', () => {
    expect(plain('20 °C, № 3, ½, 3 × 4 → 12 ㎞, 1ª, 2º')).toBe('20 oC, No 3, 1/2, 3 x 4 -> 12 km, 1a, 2o');
  });

  test.each([
    ['Мой магазин ne répond plus', 'shop.example ne répond plus'],
    ['监控', 'Surveillance shop.example'],
    ['🧾🧾 !', 'Surveillance shop.example'],
    ['Сайт (основной) is down', 'shop.example) is down'],
    ['Łódź ne répond plus', '?odz ne répond plus'],
    ['Магазин Łódź, рынок', 'shop.example ?odz, ?'],
    ['Prix $& ок', 'Prix $& shop.example'],
    ['L’été 監 €', "L'été ? €"],
  ])('has a name for the words that it cannot spell: %s', (title, words) => {
    const instead = { part: 'shop.example', whole: 'Surveillance shop.example' };
    expect(plain(readableOnPhones(title, instead))).toBe(words);
  });
});
