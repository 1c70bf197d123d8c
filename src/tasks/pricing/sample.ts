/** What offers say of the market, in cents. */
export interface Sample {
  size: number;
  lowCents: number;
  medianCents: number;
  highCents: number;
}

/** Percentages and factors have four decimals at most: as whole numbers they are exact. */
export const SCALE = 10_000n;
export const scaled = (value: number): bigint => BigInt(Math.round(value * Number(SCALE)));

/**
 * The offers without those that lie more than `factor` interquartile ranges outside the quartiles. Quartiles are
 * interpolated between ranks (type 7 of Hyndman and Fan: PERCENTILE.INC of spreadsheets, PostgreSQL's percentile_cont).
 */
export function withoutOutliers(totals: number[], factor: number): number[] {
  const sorted = totals.toSorted((a, b) => a - b);
  // Four times the quartiles, which are whole numbers.
  const first = quarterRank(sorted, 1);
  const third = quarterRank(sorted, 3);
  const reach = scaled(factor) * (third - first);
  return sorted.filter((total) => {
    const fourfold = 4n * BigInt(total);
    return (first - fourfold) * SCALE <= reach && (fourfold - third) * SCALE <= reach;
  });
}

/** @param sorted not empty; the median of an even number is the mean of the middle two, half a cent up */
export function summarise(sorted: number[]): Sample {
  const twice = Number(quarterRank(sorted, 2) / 2n);
  return {
    size: sorted.length,
    lowCents: sorted[0] as number,
    medianCents: Math.ceil(twice / 2),
    highCents: sorted.at(-1) as number,
  };
}

/** Four times the value at so many quarters of the ranks. */
function quarterRank(sorted: number[], quarters: number): bigint {
  if (sorted.length === 0) return 0n;
  const position = (sorted.length - 1) * quarters;
  const below = Math.floor(position / 4);
  const part = BigInt(position % 4);
  const low = BigInt(sorted[below] as number);
  const high = BigInt(sorted[below + 1] ?? (sorted[below] as number));
  return low * (4n - part) + high * part;
}
