import { describe, expect, test } from 'vitest';
import { notBefore } from '../../../src/messages/marketing.js';
import { MARKETING } from '../../../src/messages/queue.js';

/** Half past ten in the evening in Paris, half past four in the afternoon in New York. */
const EVENING = new Date('2026-11-20T21:30:00Z');
const headers = { [MARKETING]: 'yes' };

describe('a marketing SMS', () => {
  test.each([
    ['metropolitan France', '+33612345678'],
    ['metropolitan France, as a person writes it', '06 12 34 56 78'],
    ['Réunion and Mayotte', '+262692123456'],
    ['Saint-Pierre-et-Miquelon', '+508551234'],
    ['Guadeloupe', '+590690123456'],
    ['Guyane', '+594694123456'],
    ['Martinique', '+596696123456'],
    ['Wallis-et-Futuna', '+681821234'],
    ['Nouvelle-Calédonie', '+687751234'],
    ['Polynésie', '+68987123456'],
  ])('to %s keeps the hours of Paris', (_, recipient) => {
    const next = notBefore({ headers, recipient }, EVENING, 'America/New_York');
    expect(next?.toISOString()).toBe('2026-11-21T07:00:00.000Z');
  });

  test.each(['+12125550100', '+3212345678', '+352621123456', '+269321234'])(
    'to %s keeps those of TIMEZONE',
    (recipient) => {
      expect(notBefore({ headers, recipient }, EVENING, 'America/New_York')).toBeUndefined();
      expect(notBefore({ headers, recipient }, EVENING, 'Europe/Brussels')).toBeDefined();
    },
  );

  test('is the only one that keeps hours', () => {
    expect(notBefore({ headers: {}, recipient: '+33612345678' }, EVENING, 'Europe/Paris')).toBeUndefined();
  });
});
