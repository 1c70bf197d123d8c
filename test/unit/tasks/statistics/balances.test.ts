import { describe, expect, test } from 'vitest';
import { type Balance, balancePoints, isBridged } from '../../../../src/tasks/statistics/balances.js';
import { quotient } from '../../../../src/tasks/statistics/decimal.js';
import { STILL } from '../../../../src/tasks/statistics/movements.js';
import type { Span } from '../../../../src/tasks/statistics/spans.js';

/** The example of ChartMogul's pages on MRR churn: of 100 a tenth is lost to churn, a tenth to contraction, a tenth gained. */
const EXAMPLE: Balance = {
  opening: { twelfths: 12n * 10_000n, customers: 10n },
  movements: {
    ...STILL,
    ...{ churn: 12n * 1_000n, contraction: 12n * 1_000n, expansion: 12n * 1_000n },
    ...{ net: -12n * 1_000n, lost: 1n },
  },
  closing: { twelfths: 12n * 9_000n, customers: 9n },
};

const span = (period: Span['period']): Span => ({
  ...{ period, bucket: '2026-11-01', last: '2026-11-30' },
  ...{ firstDay: '2026-11-01', lastDay: '2026-11-30', final: true },
});

const valuesOf = (balance: Balance, period: Span['period'] = 'month') =>
  Object.fromEntries(
    balancePoints(span(period), balance).map(({ metric, value }) => [metric, Number(value)]),
  );

describe('the balance of a period', () => {
  test('has the churn rates of ChartMogul’s own example', () => {
    const values = valuesOf(EXAMPLE);
    expect([values.gross_mrr_churn_rate, values.net_mrr_churn_rate]).toEqual([0.2, 0.1]);
    expect([values.churn_rate, values.arpu_cents, values.ltv_cents]).toEqual([0.1, 1_000, 10_000]);
  });

  test('leaves out what would be divided by nothing', () => {
    const nothing = { twelfths: 0n, customers: 0n };
    const names = Object.keys(valuesOf({ opening: nothing, movements: STILL, closing: nothing }));
    expect(names).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/^(arpu_cents|ltv_cents|churn_rate|.*_churn_rate)$/)]),
    );
    expect(names).toContain('mrr_cents');
  });

  test('knows lifetime values of months only, and rates from days on', () => {
    expect(valuesOf(EXAMPLE, 'day')).not.toHaveProperty('ltv_cents');
    expect(valuesOf(EXAMPLE, 'hour')).not.toHaveProperty('churn_rate');
  });

  test('is bridged when its movements lead from start to end, to the twelfth of a cent', () => {
    expect(isBridged(EXAMPLE)).toBe(true);
    const off = { ...EXAMPLE, closing: { ...EXAMPLE.closing, twelfths: EXAMPLE.closing.twelfths + 1n } };
    expect(isBridged(off)).toBe(false);
  });
});

test.for([
  [1n, 3n, '0.3333333333'],
  [2n, 3n, '0.6666666667'],
  [-1n, 8n, '-0.1250000000'],
  [0n, 5n, '0.0000000000'],
  [10n ** 20n, 12n, '8333333333333333333.3333333333'],
  [1n, 0n, undefined],
] as const)('%s / %s is %s', ([numerator, denominator, expected]) => {
  expect(quotient(numerator, denominator)).toBe(expected);
});
