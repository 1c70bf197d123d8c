import { describe, expect, test } from 'vitest';
import { conditionFilter, hasCondition, readOffer } from '../../../src/clients/ebay-offers.js';

const item = (value: unknown, shipping: unknown = '0.00', changes: Record<string, unknown> = {}) => ({
  itemId: 'v1|1|0',
  price: { value, currency: 'EUR' },
  shippingOptions: [{ shippingCostType: 'FIXED', shippingCost: { value: shipping, currency: 'EUR' } }],
  condition: 'Occasion',
  conditionId: '3000',
  ...changes,
});

const cents = (given: unknown) => readOffer(given, 'EUR')?.totalCents;

describe('an offer of eBay', () => {
  test('costs price and shipping, to the cent', () => {
    expect(cents(item('12.34', '4.40'))).toBe(1_674);
    expect(cents(item('1.005', '0'))).toBe(101);
    expect(cents(item('8.2', '0.1'))).toBe(830);
    expect(cents(item(19.99, 0))).toBe(1_999);
  });

  test.each([
    item('0.00'),
    item('-1.00'),
    item('1e3'),
    item('99999999999.00'),
    item('abc'),
    item(undefined),
    item('1.00', undefined, { shippingOptions: undefined }),
    item('1.00', 'free'),
    item('1.00', '0', { buyingOptions: ['AUCTION'] }),
    item('1.00', '0', { price: '1.00' }),
    null,
    'text',
  ])('%j is none to compare with', (given) => {
    expect(cents(given)).toBeUndefined();
  });

  test('has the condition of a card by id, by group or by name; a card without one takes any', () => {
    const offer = (condition: string, conditionId: string) => ({
      itemId: 'x',
      totalCents: 1,
      condition,
      conditionId,
    });
    const used = offer('Occasion', '3000');
    const brandNew = offer('Neuf', '1000');
    for (const wanted of ['3000', 'USED', 'used', ' occasion ', '', null])
      expect([wanted, hasCondition(used, wanted)]).toEqual([wanted, true]);
    for (const wanted of ['3000', 'USED', 'Occasion'])
      expect([wanted, hasCondition(brandNew, wanted)]).toEqual([wanted, false]);
    expect(hasCondition(brandNew, 'NEW')).toBe(true);
    expect(hasCondition(offer('For parts', '7000'), 'USED')).toBe(false);
    expect(hasCondition(offer('Used', ''), 'USED')).toBe(true);
    expect(hasCondition(offer('New', ''), 'USED')).toBe(false);
  });

  test('is searched for by id or group; a name is looked for among what comes', () => {
    expect(conditionFilter('4000')).toBe('conditionIds:{4000}');
    expect(conditionFilter('used')).toBe('conditions:{USED}');
    expect(conditionFilter('Near Mint')).toBeUndefined();
    expect(conditionFilter(null)).toBeUndefined();
  });
});
