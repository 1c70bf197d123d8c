import { expect, test } from 'vitest';
import { spellingsOf } from '../../../../src/tasks/accounts/subject.js';

test.each(['06 98 76 54 32', '0698765432', '+33 6 98 76 54 32', '0033698765432', '+33 (0)6.98.76.54.32'])(
  'the French number %s is recognised as people write it',
  (phone) => {
    expect(spellingsOf(phone)).toEqual(
      expect.arrayContaining([
        '0698765432',
        '06 98 76 54 32',
        '06.98.76.54.32',
        '06-98-76-54-32',
        '+33698765432',
        '+33 6 98 76 54 32',
      ]),
    );
  },
);

test('another number is recognised as it was written, and without its blanks', () => {
  expect(spellingsOf('+1 (415) 555-2671')).toEqual(['+1 (415) 555-2671', '+14155552671']);
});
