/** Digits after the point of what is stored: of rates and of amounts alike. */
const SCALE = 10n ** 10n;

/** A quotient, exact but for its last digit; none for a division by zero. */
export function quotient(numerator: bigint, denominator: bigint): string | undefined {
  if (denominator === 0n) return undefined;
  const negative = numerator < 0n !== denominator < 0n;
  const [above, below] = [abs(numerator), abs(denominator)];
  const scaled = (above * SCALE * 2n + below) / (below * 2n);
  const text = `${scaled / SCALE}.${String(scaled % SCALE).padStart(10, '0')}`;
  return negative && scaled > 0n ? `-${text}` : text;
}

const abs = (value: bigint): bigint => (value < 0n ? -value : value);
