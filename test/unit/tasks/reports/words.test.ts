import { describe, expect, test } from 'vitest';
import { type Locale, messagesFor } from '../../../../src/locales/index.js';
import { changeOf, formatMetric } from '../../../../src/tasks/reports/words.js';
import type { MetricName } from '../../../../src/tasks/statistics/metrics.js';
import { METRIC_NAMES } from '../../../../src/tasks/statistics/metrics.js';
import { spaced } from '../../messages/look.js';

const shown = (metric: MetricName, value: number | null, locale: Locale = 'fr') =>
  spaced(formatMetric(metric, value, locale));

const change = (
  metric: MetricName,
  value: number | null,
  reference: number | null,
  locale: Locale = 'fr',
) => {
  const found = changeOf(metric, value, reference, { locale, messages: messagesFor(locale) });
  return found && { ...found, text: spaced(found.text), spoken: spaced(found.spoken) };
};

describe('a number', () => {
  test.each([
    ['leads_new', 1234, '1 234'],
    ['dau', 12.5, '12,5'],
    ['revenue_cents', 41_200, '412 €'],
    ['revenue_cents', 4_150, '41,50 €'],
    ['revenue_cents', 123_456, '1 235 €'],
    ['revenue_cents', -5_000, '-50 €'],
    ['revenue_cents', -0, '0 €'],
    ['churn_rate', 0.0234, '2,3 %'],
    ['ticket_first_response_seconds', 45.4, '45 s'],
    ['ticket_first_response_seconds', 8_100, '2 h 15 min'],
    ['ticket_resolution_seconds', 187_200, '2 j 4 h'],
    ['satisfaction', 4.333, '4,3'],
  ] as const)('%s %d reads %s', (metric, value, text) => {
    expect(shown(metric, value)).toBe(text);
  });

  test('that is not known is a dash, never a zero', () => {
    for (const metric of METRIC_NAMES) expect(shown(metric, null)).toBe('–');
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) expect(shown('mrr_cents', value)).toBe('–');
  });

  test('reads as the English write it', () => {
    expect(shown('revenue_cents', 123_456, 'en')).toBe('€1,235');
    expect(shown('churn_rate', 0.0234, 'en')).toBe('2.3%');
  });

  test('has a name in each language', () => {
    for (const locale of ['fr', 'en'] as const) {
      const names = METRIC_NAMES.map((metric) => messagesFor(locale).metrics[metric]);
      expect(names.every((name) => name.length > 0 && name.length <= 40)).toBe(true);
      expect(new Set(names).size).toBe(names.length);
    }
  });
});

describe('a change', () => {
  test('is a percentage, with an arrow and in words', () => {
    expect(change('leads_new', 12, 10)).toEqual({
      text: '▲ 20 %',
      spoken: 'en hausse de 20 %, mieux',
      mood: 'good',
    });
    expect(change('revenue_cents', 95_000, 100_000)).toEqual({
      text: '▼ 5 %',
      spoken: 'en baisse de 5 %, moins bien',
      mood: 'bad',
    });
    expect(change('leads_new', 12, 10, 'en')?.spoken).toBe('up 20%, better');
  });

  test('of a rate is told in points', () => {
    expect(change('conversion_trial_client', 0.25, 0.2)?.text).toBe('▲ 5 pt');
    expect(change('satisfaction', 4.5, 4.2)?.text).toBe('▲ 0,3');
  });

  test('is coloured by what it means: less churn is good, more is bad', () => {
    expect(change('churn_rate', 0.01, 0.02)).toMatchObject({ text: '▼ 1 pt', mood: 'good' });
    expect(change('churn_rate', 0.03, 0.02)).toMatchObject({ text: '▲ 1 pt', mood: 'bad' });
    expect(change('ticket_first_response_seconds', 7_200, 3_600)).toMatchObject({ mood: 'bad' });
    expect(change('tickets_opened', 20, 10)).toMatchObject({ text: '▲ 100 %', mood: 'neutral' });
  });

  test('from zero has no percentage', () => {
    expect(change('leads_new', 3, 0)?.text).toBe('▲ 3');
    expect(change('revenue_cents', 41_200, 0)?.text).toBe('▲ 412 €');
    expect(change('revenue_cents', 41_200, -10_000)?.text).toBe('▲ 512 €');
    expect(change('leads_new', 0, 0)).toMatchObject({ text: '=', spoken: 'stable' });
  });

  test('that rounds to nothing is none', () => {
    expect(change('mrr_cents', 1_000_001, 1_000_000)?.text).toBe('=');
    expect(change('churn_rate', 0.0201, 0.02)?.text).toBe('=');
  });

  test('is not told where one of the two is not known', () => {
    expect(change('leads_new', null, 10)).toBeUndefined();
    expect(change('leads_new', 10, null)).toBeUndefined();
  });
});
