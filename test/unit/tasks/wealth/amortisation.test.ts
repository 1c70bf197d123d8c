import { describe, expect, test } from 'vitest';
import { type Loan, remainingCapital } from '../../../../src/tasks/atlas/wealth/amortisation.js';
import { centsText, parseDecimal, toCents } from '../../../../src/tasks/atlas/wealth/decimal.js';

const loan = (amount: string, rate: string, months: number): Loan => ({
  principal: toCents(parseDecimal(amount) as bigint),
  rate: parseDecimal(rate) as bigint,
  months,
});

const remaining = (of: Loan, months: number): string => centsText(remainingCapital(of, months));

/** The rows of a table: the instalments paid, and the capital that remains. */
const published = (of: Loan, rows: [number, string][]) => {
  for (const [months, capital] of rows) expect([months, remaining(of, months)]).toEqual([months, capital]);
};

describe('the published table', () => {
  // PaulSquires/tiko-lang, wiki page "Modern Finance LoanRowAt": 400,000 at 5.95 % over 30 years; interest of month 1
  // 1983.33, balance after month 180, last payment 2384.39.
  test('of 400,000 at 5.95 % over 30 years, half way and at its last instalment', () => {
    const mortgage = loan('400000', '5.95', 360);
    // 400,000 + 1,983.33 − 2,385.36; and 2,372.63 with its interest of 11.76 makes the last payment.
    published(mortgage, [
      [1, '399597.97'],
      [180, '283580.13'],
      [359, '2372.63'],
      [360, '0.00'],
    ]);
  });

  // Wikimedia Commons, "Amortization table (example).gif": 100,000 at 8 % over 30 years, instalments of 733.76.
  test('of 100,000 at 8 % over 30 years, to the cent', () => {
    published(loan('100000', '8', 360), [
      [1, '99932.91'],
      [2, '99865.37'],
      [3, '99797.38'],
      [4, '99728.94'],
      [5, '99660.04'],
    ]);
  });

  // pastebin.com/BzgdJrUy: 398,483 at 3.12 % over 10 months, instalments of 40,420.35.
  test('of 398,483 at 3.12 % over 10 months, each row', () => {
    published(loan('398483', '3.12', 10), [
      [0, '398483.00'],
      [1, '359098.71'],
      [2, '319612.02'],
      [3, '280022.66'],
      [4, '240330.37'],
      [5, '200534.88'],
      [6, '160635.92'],
      [8, '80526.52'],
      [9, '40315.54'],
      [10, '0.00'],
    ]);
  });

  // Math 352, Theory of Interest (scribd.com/document/360526230): 150,000 at 3.625 % over 30 years, 684.08 a month.
  test('of 150,000 at 3.625 % over 30 years, its first rows', () => {
    published(loan('150000', '3.625', 360), [
      [1, '149769.05'],
      [2, '149537.40'],
      [3, '149305.05'],
      [4, '149072.00'],
      [5, '148838.24'],
      [8, '148132.73'],
    ]);
  });

  // cosi-immobilier.com, loan-calculator: 422 000 € à 3 % sur 25 ans, rows in whole euros.
  test('of 422,000 at 3 % over 25 years, to the euro that is shown', () => {
    const credit = loan('422000', '3', 300);
    const euros = [1, 2, 12, 24].map((months) => Math.round(Number(remaining(credit, months))));
    expect(euros).toEqual([421_054, 420_105, 410_489, 398_627]);
  });
});

describe('the capital that remains', () => {
  test('is the full amount before the start and in its month, and nothing at the end and after', () => {
    const car = loan('15000', '3.05', 60);
    for (const months of [-500, -1, 0]) expect(remaining(car, months)).toBe('15000.00');
    for (const months of [60, 61, 5_000]) expect(remaining(car, months)).toBe('0.00');
    expect(Number(remaining(car, 59))).toBeGreaterThan(0);
  });

  test('falls by the same rounded instalment at a rate of zero, and the last takes the rest', () => {
    // 100 / 3 is 33.33: the third instalment is 33.34.
    published(loan('100', '0', 3), [
      [1, '66.67'],
      [2, '33.34'],
      [3, '0.00'],
    ]);
    // 200 / 3 is 66.67: the third is 66.66.
    published(loan('200', '0', 3), [
      [1, '133.33'],
      [2, '66.66'],
      [3, '0.00'],
    ]);
  });

  test('rounds half a cent of interest up', () => {
    // A month of 12 % is 1.005, so 1.01; the instalment 100.50 · 0.01 / (1 − 1.01^-2) = 51.005, so 51.01.
    expect(remaining(loan('100.50', '12', 2), 1)).toBe('50.50');
  });

  test('is never less than nothing, when rounded instalments pay a tiny loan back early', () => {
    // Six cents over a year are half a cent a month: one, for six months.
    published(loan('0.06', '0', 12), [
      [1, '0.05'],
      [6, '0.00'],
      [7, '0.00'],
    ]);
  });

  test('is exact for loans beyond what a double holds, and for rates of many digits', () => {
    for (const [amount, rate] of [
      ['99999999999999.99', '3.05'],
      ['12345678901234.56', '0.000000000000000001'],
      ['250000', '3.141592653589793238'],
      ['250000', '100'],
    ] as const) {
      const large = loan(amount, rate, 240);
      for (const months of [1, 117, 239]) expect(remainingCapital(large, months)).toBe(byHand(large, months));
    }
  });

  test('is the same by the fast way and by hand for every kind of loan', () => {
    // A fixed sequence: a failure is the same tomorrow.
    let seed = 7;
    const random = (below: number) => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % below;
    };
    for (let n = 0; n < 400; n++) {
      const cents = `${random(1_000_000)}.${random(90) + 10}`;
      const some = loan(cents, `${random(15)}.${random(900) + 100}`, random(360) + 1);
      const months = random(some.months);
      expect([some, months, remainingCapital(some, months)]).toEqual([some, months, byHand(some, months)]);
    }
  });
});

/** The definition, in fractions of whole numbers. */
function byHand({ principal, rate, months }: Loan, elapsed: number): bigint {
  const under = 1200n * 10n ** 18n;
  const round = (over: bigint, by: bigint) => (2n * over + by) / (2n * by);
  const grown = (under + rate) ** BigInt(months);
  const instalment =
    rate === 0n
      ? round(principal, BigInt(months))
      : round(principal * rate * grown, under * (grown - under ** BigInt(months)));
  let balance = principal;
  for (let month = 0; month < elapsed; month++) balance += round(balance * rate, under) - instalment;
  return balance > 0n ? balance : 0n;
}
