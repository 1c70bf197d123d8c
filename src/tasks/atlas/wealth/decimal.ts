/** Decimals of an exact amount, quantity or rate: those of the smallest unit of ether. */
export const DECIMALS = 18;
export const ONE = 10n ** BigInt(DECIMALS);

const DECIMAL = /^(-?)(\d+)(?:\.(\d+))?$/;
/** Beyond what any total can hold. */
const MOST_DIGITS = 16;

export type NoDecimal = 'notANumber' | 'negative' | 'tooLarge';

/** A number or a plain decimal text that is not negative, in units of 10^-18; finer digits are rounded half up. */
export function parseDecimal(value: unknown): bigint | NoDecimal {
  if (typeof value === 'number') {
    if (Number.isSafeInteger(value) && value >= 0) return BigInt(value) * ONE;
    // Below 10^-6 a number prints with an exponent.
    return parseText(Math.abs(value) < 1e-6 ? value.toFixed(DECIMALS) : String(value));
  }
  return typeof value === 'string' ? parseText(value) : 'notANumber';
}

function parseText(text: string): bigint | NoDecimal {
  const [, minus, whole = '', fraction = ''] = DECIMAL.exec(text) ?? [];
  if (minus === undefined) return 'notANumber';
  if (minus && /[1-9]/.test(text)) return 'negative';
  const digits = whole.startsWith('0') ? whole.replace(/^0+(?=\d)/, '') : whole;
  if (digits.length > MOST_DIGITS) return 'tooLarge';
  const units = BigInt(digits + fraction.slice(0, DECIMALS).padEnd(DECIMALS, '0'));
  return fraction.charAt(DECIMALS) >= '5' ? units + 1n : units;
}

/** Of what is not negative. */
export const divideHalfUp = (over: bigint, under: bigint): bigint => (over * 2n + under) / (under * 2n);

const UNITS_OF_CENT = ONE / 100n;

export const toCents = (units: bigint): bigint => divideHalfUp(units, UNITS_OF_CENT);

/** Cents as PostgreSQL writes a `numeric(16,2)`. */
export function centsText(cents: bigint): string {
  const digits = String(cents < 0n ? -cents : cents).padStart(3, '0');
  return `${cents < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}
