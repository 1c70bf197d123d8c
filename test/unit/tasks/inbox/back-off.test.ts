import { describe, expect, test } from 'vitest';
import { backOffMs } from '../../../../src/tasks/inbox/mailbox.js';

const minutes = (permanent: boolean) =>
  Array.from({ length: 12 }, (_, index) => backOffMs(index + 1, permanent) / 60_000);

describe('a mailbox that fails is put off', () => {
  test('by a minute first, when the server could not be reached, then by twice as much up to an hour', () => {
    expect(minutes(false)).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60, 60, 60, 60]);
  });

  test('by ten minutes first, when its login was refused, then by twice as much up to twelve hours', () => {
    expect(minutes(true)).toEqual([10, 20, 40, 80, 160, 320, 640, 720, 720, 720, 720, 720]);
  });

  test('by no more after a thousand failures', () => {
    expect(backOffMs(1000, true)).toBe(12 * 3_600_000);
  });
});
