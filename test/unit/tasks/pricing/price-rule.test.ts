import { describe, expect, test } from 'vitest';
import { type PriceLimits, type PriceRule, suggestPrice } from '../../../../src/tasks/pricing/price-rule.js';

const NO_LIMITS: PriceLimits = {
  costCents: null,
  priceCents: null,
  minPriceCents: null,
  maxPriceCents: null,
};
const PLAIN: PriceRule = {
  undercut_percent: 0,
  min_margin_percent: 10,
  max_change_percent: 20,
  rounding: 'none',
};

const suggest = (median: number, limits: Partial<PriceLimits> = {}, rule: Partial<PriceRule> = {}) => {
  const { cents, guardrail } = suggestPrice(median, { ...NO_LIMITS, ...limits }, { ...PLAIN, ...rule });
  return [cents, guardrail];
};

describe('the price of a card', () => {
  test('is the median less the undercut, half a cent up', () => {
    expect(suggest(1234)).toEqual([1234, null]);
    expect(suggest(1000, {}, { undercut_percent: 5 })).toEqual([950, null]);
    expect(suggest(1001, {}, { undercut_percent: 50 })).toEqual([501, null]);
    // In floats 1,000 less 0.15 % of it is 998.4999….
    expect(suggest(1000, {}, { undercut_percent: 0.15 })).toEqual([999, null]);
    expect(suggest(2_000_000_001, {}, { undercut_percent: 0.0001 })).toEqual([1_999_998_001, null]);
  });

  test('is never below the smallest price, nor below the cost with its margin', () => {
    expect(suggest(1000, { minPriceCents: 1200 })).toEqual([1200, 'floor']);
    expect(suggest(1000, { costCents: 1000 })).toEqual([1100, 'floor']);
    expect(suggest(1000, { costCents: 1000, minPriceCents: 1050 })).toEqual([1100, 'floor']);
    expect(suggest(1000, { costCents: 1001 }, { min_margin_percent: 10 })).toEqual([1102, 'floor']);
    // 110 × 1.1 is 121.00000000000001 in floats.
    expect(suggest(100, { costCents: 110 })).toEqual([121, 'floor']);
    expect(suggest(1000, { costCents: 900 })).toEqual([1000, null]);
  });

  test('is never above the ceiling', () => {
    expect(suggest(1000, { maxPriceCents: 800 })).toEqual([800, 'ceiling']);
    expect(suggest(1000, { maxPriceCents: 1000 })).toEqual([1000, null]);
  });

  test('changes by no more than the largest change of a run', () => {
    expect(suggest(3000, { priceCents: 1000 })).toEqual([1200, 'max_change']);
    expect(suggest(100, { priceCents: 1000 })).toEqual([800, 'max_change']);
    expect(suggest(1200, { priceCents: 1000 })).toEqual([1200, null]);
    expect(suggest(100, { priceCents: 1003 })).toEqual([803, 'max_change']);
    expect(suggest(9000, { priceCents: 1003 })).toEqual([1203, 'max_change']);
    expect(suggest(9000, { priceCents: 1000 }, { max_change_percent: 0 })).toEqual([1000, 'max_change']);
    expect(suggest(9000)).toEqual([9000, null]);
    expect(suggest(9000, { priceCents: 0 })).toEqual([9000, null]);
  });

  test('goes to its floor or ceiling at once, however large the change', () => {
    expect(suggest(3000, { priceCents: 1000, minPriceCents: 1500 })).toEqual([1500, 'floor']);
    expect(suggest(3000, { priceCents: 2000, maxPriceCents: 1000 })).toEqual([1000, 'ceiling']);
  });

  test('ends in .99 or .49, whichever such price is nearest', () => {
    expect(suggest(1037, {}, { rounding: '.99' })).toEqual([999, null]);
    expect(suggest(1050, {}, { rounding: '.99' })).toEqual([1099, null]);
    expect(suggest(1049, {}, { rounding: '.99' })).toEqual([999, null]);
    expect(suggest(1099, {}, { rounding: '.99' })).toEqual([1099, null]);
    expect(suggest(1037, {}, { rounding: '.49' })).toEqual([1049, null]);
    expect(suggest(1000, {}, { rounding: '.49' })).toEqual([1049, null]);
    expect(suggest(30, {}, { rounding: '.99' })).toEqual([99, null]);
  });

  test('is not rounded past its floor, its ceiling or the largest change', () => {
    expect(suggest(1000, { minPriceCents: 1000 }, { rounding: '.99' })).toEqual([1099, null]);
    expect(suggest(1090, { maxPriceCents: 1095 }, { rounding: '.99' })).toEqual([999, null]);
    expect(suggest(3000, { priceCents: 1000 }, { rounding: '.99' })).toEqual([1199, 'max_change']);
    expect(suggest(100, { priceCents: 1000 }, { rounding: '.99' })).toEqual([899, 'max_change']);
    expect(suggest(1020, { minPriceCents: 1010, maxPriceCents: 1030 }, { rounding: '.99' })).toEqual([
      1020,
      null,
    ]);
    expect(suggest(3000, { priceCents: 1000, minPriceCents: 1500 }, { rounding: '.99' })).toEqual([
      1599,
      'floor',
    ]);
  });

  test('keeps every promise for any figures', () => {
    let seed = 7;
    const random = (below: number) => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % below;
    };
    for (let i = 0; i < 3_000; i++) {
      const min = random(2) ? random(3_000) : null;
      const limits: PriceLimits = {
        costCents: random(2) ? random(2_000) : null,
        priceCents: random(2) ? 1 + random(5_000) : null,
        minPriceCents: min,
        maxPriceCents: random(2) ? (min ?? 0) + 2_300 + random(3_000) : null,
      };
      const rounding = (['.99', '.49', 'none'] as const)[random(3)] ?? 'none';
      const rule: PriceRule = { ...PLAIN, undercut_percent: random(500) / 10, rounding };
      const { cents } = suggestPrice(1 + random(9_000), limits, rule);
      const floor = Math.max(1, min ?? 0, Math.ceil((11 * (limits.costCents ?? 0)) / 10));
      expect(cents).toBeGreaterThanOrEqual(floor);
      expect(cents).toBeLessThanOrEqual(limits.maxPriceCents ?? 1e9);
      const { priceCents, maxPriceCents } = limits;
      const wasInside = priceCents !== null && priceCents >= floor && priceCents <= (maxPriceCents ?? 1e9);
      if (wasInside) expect(Math.abs(cents - priceCents)).toBeLessThanOrEqual(priceCents / 5);
    }
  });
});
