import { divideHalfUp, ONE } from './decimal.js';

/** A loan repaid in constant monthly instalments; amounts are cents. */
export interface Loan {
  principal: bigint;
  /** Percent a year, in units of 10^-18. */
  rate: bigint;
  months: number;
}

/**
 * What a bank's amortisation table shows after so many instalments, in cents: the instalment and the interest of each
 * month are rounded to the cent, the last instalment takes what is left.
 */
export function remainingCapital(loan: Loan, elapsedMonths: number): bigint {
  if (elapsedMonths <= 0) return loan.principal;
  if (elapsedMonths >= loan.months) return 0n;
  const monthly = monthlyRate(loan.rate);
  const instalment = fastInstalment(loan, monthly) ?? exactInstalment(loan, monthly);
  const walk = isSmall(loan, monthly) ? walkInDoubles : walkInIntegers;
  const balance = walk(loan, monthly, instalment, elapsedMonths);
  return balance > 0n ? balance : 0n;
}

/** A month's interest, in its lowest terms. */
interface Fraction {
  over: bigint;
  under: bigint;
}

const YEARLY_PERCENT = 1200n * ONE;

function monthlyRate(rate: bigint): Fraction {
  const common = greatestCommonDivisor(YEARLY_PERCENT, rate);
  return { over: rate / common, under: YEARLY_PERCENT / common };
}

function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  return b === 0n ? a : greatestCommonDivisor(b, a % b);
}

/** principal · i · (1+i)^n / ((1+i)^n − 1), with the fraction for i: nothing is lost before the cent. */
function exactInstalment({ principal, months }: Loan, { over, under }: Fraction): bigint {
  if (over === 0n) return divideHalfUp(principal, BigInt(months));
  const grown = (under + over) ** BigInt(months);
  const ungrown = under ** BigInt(months);
  return divideHalfUp(principal * over * grown, under * (grown - ungrown));
}

/** Cents below which a double is right to far more than `MARGIN`. */
const LARGEST_INSTALMENT = 1e9;
const MARGIN = 1e-3;

/** The same a hundred times faster; nothing where rounding could go either way. */
function fastInstalment({ principal, months }: Loan, { over, under }: Fraction): bigint | undefined {
  if (over === 0n) return undefined;
  const monthly = Number(over) / Number(under);
  const instalment = (Number(principal) * monthly) / -Math.expm1(-months * Math.log1p(monthly));
  const toHalf = Math.abs(instalment - Math.floor(instalment) - 0.5);
  return instalment < LARGEST_INSTALMENT && toHalf > MARGIN ? BigInt(Math.round(instalment)) : undefined;
}

const LARGEST_EXACT = BigInt(Number.MAX_SAFE_INTEGER);

/** True when a double holds every number on the way exactly. */
const isSmall = ({ principal }: Loan, { over, under }: Fraction): boolean =>
  principal * over * 2n + under <= LARGEST_EXACT && under * 2n <= LARGEST_EXACT;

function walkInDoubles(
  { principal }: Loan,
  fraction: Fraction,
  instalment: bigint,
  elapsedMonths: number,
): bigint {
  const over = Number(fraction.over) * 2;
  const under = Number(fraction.under);
  const paid = Number(instalment);
  let balance = Number(principal);
  for (let month = 0; month < elapsedMonths && balance > 0; month++) {
    balance += Math.floor((balance * over + under) / (under * 2)) - paid;
  }
  return BigInt(balance);
}

function walkInIntegers(
  { principal }: Loan,
  { over, under }: Fraction,
  instalment: bigint,
  elapsedMonths: number,
): bigint {
  let balance = principal;
  for (let month = 0; month < elapsedMonths && balance > 0n; month++) {
    balance += divideHalfUp(balance * over, under) - instalment;
  }
  return balance;
}
