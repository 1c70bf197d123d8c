import { describe, expect, test } from 'vitest';
import { summarise, withoutOutliers } from '../../../../src/tasks/pricing/sample.js';

describe('a sample of offers', () => {
  test('loses what lies more than the factor times the interquartile range outside the quartiles', () => {
    // Quartiles 1000 and 1050 as PERCENTILE.INC has them: fences at 925 and 1125.
    expect(withoutOutliers([1050, 950, 9_900, 1000, 1000], 1.5)).toEqual([950, 1000, 1000, 1050]);
    expect(withoutOutliers([1, 1000, 1010, 1020, 1030], 1.5)).toEqual([1000, 1010, 1020, 1030]);
    expect(withoutOutliers([900, 950, 1000, 1050, 1100], 1.5)).toEqual([900, 950, 1000, 1050, 1100]);
  });

  test('keeps what lies on the fence', () => {
    // Quartiles 2 and 4, the fence at 7.
    expect(withoutOutliers([1, 2, 3, 4, 7], 1.5)).toEqual([1, 2, 3, 4, 7]);
    expect(withoutOutliers([1, 2, 3, 4, 8], 1.5)).toEqual([1, 2, 3, 4]);
  });

  test('with a factor of zero is what lies between the quartiles', () => {
    expect(withoutOutliers([1, 2, 3, 4, 5], 0)).toEqual([2, 3, 4]);
  });

  test('may be one offer, or none', () => {
    expect(withoutOutliers([], 1.5)).toEqual([]);
    expect(withoutOutliers([500], 1.5)).toEqual([500]);
  });

  test('has the mean of the middle two for median, half a cent up', () => {
    expect(summarise([1, 2, 9])).toEqual({ size: 3, lowCents: 1, medianCents: 2, highCents: 9 });
    expect(summarise([1000, 1001])).toMatchObject({ medianCents: 1001 });
    expect(summarise([1000, 1002, 1004, 9000])).toMatchObject({ medianCents: 1003 });
    expect(summarise([7])).toEqual({ size: 1, lowCents: 7, medianCents: 7, highCents: 7 });
  });
});
