import { describe, expect, test } from 'vitest';
import { uidSet } from '../../../../src/tasks/inbox/uids.js';

describe('a set of UIDs', () => {
  test.each([
    [[], ''],
    [[7], '7'],
    [[1, 2, 3], '1:3'],
    [[3, 1, 2], '1:3'],
    [[1, 2, 4, 5, 9], '1:2,4:5,9'],
    [[4_294_967_295, 4_294_967_294], '4294967294:4294967295'],
  ])('%j is written %s', (uids, written) => {
    expect(uidSet(uids)).toBe(written);
  });
});
