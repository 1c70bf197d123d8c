import { describe, expect, test } from 'vitest';
import { type Coin, judge } from '../../../../src/tasks/atlas/crypto/judge.js';
import { fromUnits, quote, toUnits } from '../../../../src/tasks/atlas/crypto/quote.js';

const RATES = { BTCEUR: '81234.56000000', BTCUSDT: '93419.74400000', EURUSDT: '1.15000000' };

function priceOf(symbol: string, pairs: Record<string, string>) {
  const found = quote(symbol, new Map(Object.entries(pairs)));
  return 'units' in found ? [fromUnits(found.units), found.pair] : found;
}

describe('the price of a coin', () => {
  test('is that of its pair with EUR if there is one', () => {
    const pairs = { ...RATES, ETHEUR: '2500.10000000', ETHUSDT: '9.00000000', ETHBTC: '9.00000000' };
    expect(priceOf('ETH', pairs)).toEqual(['2500.10000000', 'ETHEUR']);
  });

  test('is else its price in USDT divided by the dollars of a euro', () => {
    expect(priceOf('SHIB', { ...RATES, SHIBUSDT: '0.00000838' })).toEqual([
      '0.00000729', // 0.00000838 / 1.15 = 0.000007286…
      'SHIBUSDT/EURUSDT',
    ]);
  });

  test('is else its price in BTC times that of BTC', () => {
    expect(priceOf('XMR', { ...RATES, XMRBTC: '0.00350000' })).toEqual(['284.32096000', 'XMRBTC*BTCEUR']);
    const { BTCUSDT, EURUSDT } = RATES;
    expect(priceOf('XMR', { BTCUSDT, EURUSDT, XMRBTC: '0.00350000' })).toEqual([
      '284.32096000',
      'XMRBTC*BTCUSDT/EURUSDT',
    ]);
  });

  test('takes the next route when the rate of one is missing', () => {
    const { BTCEUR } = RATES;
    expect(priceOf('XMR', { BTCEUR, XMRUSDT: '300', XMRBTC: '0.00350000' })).toEqual([
      '284.32096000',
      'XMRBTC*BTCEUR',
    ]);
    expect(priceOf('XMR', { BTCEUR, XMRUSDT: '300' })).toEqual({ kind: 'no_rate', pair: 'EURUSDT' });
  });

  test('of USDT itself is one divided by the dollars of a euro', () => {
    expect(priceOf('USDT', RATES)).toEqual(['0.86956522', '1/EURUSDT']);
  });

  test('is exact to the eighth decimal, half of it rounded up', () => {
    expect(priceOf('X', { XEUR: '0.000000015' })).toEqual(['0.00000002', 'XEUR']);
    expect(priceOf('X', { XEUR: '0.0000000149999999999' })).toEqual(['0.00000001', 'XEUR']);
    expect(priceOf('X', { XUSDT: '1', EURUSDT: '3' })).toEqual(['0.33333333', 'XUSDT/EURUSDT']);
    expect(priceOf('X', { XUSDT: '2', EURUSDT: '3' })).toEqual(['0.66666667', 'XUSDT/EURUSDT']);
    // In doubles these are 0.3, 9007199254740992 and 123456789012345.67.
    expect(priceOf('X', { XEUR: '0.30000000000000004' })).toEqual(['0.30000000', 'XEUR']);
    expect(priceOf('X', { XEUR: '9007199254740993' })).toEqual(['9007199254740993.00000000', 'XEUR']);
    expect(priceOf('X', { XEUR: '123456789012345.67890123' })).toEqual(['123456789012345.67890123', 'XEUR']);
  });

  test.each([
    ['0.00000000', 'not_positive'],
    ['-1.50000000', 'not_positive'],
    ['0.000000001', 'not_positive'],
    ['', 'unreadable'],
    ['NaN', 'unreadable'],
    ['1e3', 'unreadable'],
    ['1,5', 'unreadable'],
    [' 1', 'unreadable'],
    ['1'.repeat(31), 'unreadable'],
    ['10000000000000000', 'unreadable'],
  ])('is none when Binance gives %j', (given, kind) => {
    expect(priceOf('X', { ...RATES, XEUR: given, XUSDT: '1' })).toMatchObject({ kind, pair: 'XEUR', given });
  });

  test('is none, by no fault of the coin, when a rate is zero', () => {
    expect(priceOf('X', { XUSDT: '1', EURUSDT: '0' })).toMatchObject({ pair: 'EURUSDT', shared: true });
  });

  test('is none when nothing is traded', () => {
    expect(priceOf('GONE', RATES)).toEqual({ kind: 'not_traded' });
  });

  test('is found whatever the case in which the coin was written', () => {
    expect(priceOf(' btc ', RATES)).toEqual(['81234.56000000', 'BTCEUR']);
  });

  test('goes to units and back', () => {
    for (const text of ['0.00000001', '81234.56000000', '0.00000729', '1.00000000'])
      expect(fromUnits(toUnits(text) ?? 0n)).toBe(text);
  });
});

describe('a price beside the one before', () => {
  const coin = (price: string | null, fresh = true): Coin => ({
    symbol: 'X',
    name: 'X',
    price,
    fresh,
    failingForAWeek: false,
  });
  const accepts = (given: string, before: Coin) =>
    judge([before], new Map([['XEUR', given]])).priced.length === 1;

  test('counts up to ten times more or less, and not beyond', () => {
    expect(accepts('10.00000000', coin('1.00000000'))).toBe(true);
    expect(accepts('10.00000001', coin('1.00000000'))).toBe(false);
    expect(accepts('0.10000000', coin('1.00000000'))).toBe(true);
    expect(accepts('0.09999999', coin('1.00000000'))).toBe(false);
  });

  test('counts whatever it is when there is none, or an old one', () => {
    expect(accepts('1000', coin(null))).toBe(true);
    expect(accepts('1000', coin('1.00000000', false))).toBe(true);
    expect(accepts('1000', coin('0.00000000'))).toBe(true);
  });
});
