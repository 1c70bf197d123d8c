import { describe, expect, test } from 'vitest';
import { gistOf } from '../../../../src/tasks/reports/gist.js';
import { Numbers } from '../../../../src/tasks/reports/numbers.js';
import { lookIn, spaced } from '../../messages/look.js';

const DAY = '2026-11-21';
const WEEK_BEFORE = '2026-11-14';

type Values = Record<string, number>;

function gist(own: Values, before: Values = {}, points = 0, locale: 'fr' | 'en' = 'fr') {
  const entries = (values: Values, start: string) =>
    Object.entries(values).map(([metric, value]) => [`${metric} ${start}`, value] as const);
  const numbers = new Numbers(new Map([...entries(own, DAY), ...entries(before, WEEK_BEFORE)]));
  const options = { kind: 'daily' as const, numbers, start: DAY, reference: WEEK_BEFORE, points };
  const { short, sentence } = gistOf(options, lookIn(locale));
  return { short: spaced(short), sentence: spaced(sentence) };
}

describe('the first sentence', () => {
  test('sums up the day, and measures it by the same day of the week before', () => {
    const day = { subscriptions_new: 3, revenue_cents: 41_200, leads_new: 12 };
    expect(gist(day, { revenue_cents: 36_100 })).toEqual({
      short: '3 nouveaux abonnements, 412 € encaissés',
      sentence:
        'Hier, 3 nouveaux abonnements et 412 € encaissés : mieux que le samedi précédent (361 €). Rien ne demande votre attention.',
    });
    expect(gist(day, { revenue_cents: 80_000 }).sentence).toContain(
      ': moins que le samedi précédent (800 €).',
    );
    expect(gist(day, { revenue_cents: 42_000 }).sentence).toContain(
      ': à peu près comme le samedi précédent.',
    );
    expect(gist(day, { revenue_cents: 0 }).sentence).toMatch(/412 € encaissés\. Rien/);
  });

  test('tells of leads when nobody has subscribed', () => {
    expect(gist({ subscriptions_new: 0, revenue_cents: 0, leads_new: 1 }).sentence).toMatch(
      /^Hier, un nouveau lead\./,
    );
  });

  test('is quiet on a quiet day', () => {
    const { short, sentence } = gist({ subscriptions_new: 0, revenue_cents: 0, leads_new: 0 });
    expect(short).toBe('journée calme');
    expect(sentence).toMatch(/^Journée calme hier : aucun nouvel abonnement et aucun encaissement\./);
  });

  test('says so when nothing is known, and invents no quiet day', () => {
    expect(gist({})).toEqual({
      short: '',
      sentence: 'Les chiffres d’hier ne sont pas encore connus. Rien ne demande votre attention.',
    });
  });

  test('hides no refunds, no departures, no MRR and nothing that needs attention', () => {
    const day = { revenue_cents: -5_000, leads_new: 0, cancellations: 2, mrr_cents: 1_240_000 };
    expect(gist(day, { mrr_cents: 1_200_000 }, 3).sentence).toBe(
      'Hier, 50 € de plus remboursés qu’encaissés. 2 clients sont partis. Le MRR est de 12 400 €, en hausse de 3,3 % en une semaine. 3 points demandent votre attention.',
    );
  });

  test('reads in English too', () => {
    const day = { subscriptions_new: 1, revenue_cents: 41_200 };
    expect(gist(day, { revenue_cents: 36_100 }, 1, 'en').sentence).toBe(
      'Yesterday: one new subscription and €412 received, better than the Saturday before (€361). One point needs your attention.',
    );
  });
});
