import { describe, expect, test } from 'vitest';
import { Course } from '../../../src/clients/probe-course.js';
import { NameUnknown } from '../../../src/clients/probe-names.js';
import { placeOf } from '../../../src/clients/probe-place.js';
import { isAnswer } from '../../../src/clients/probe-problem.js';

describe('a target stands', () => {
  test.for([
    [['127.0.0.1', '::1'], 'loopback'],
    [['::ffff:127.1.2.3'], 'loopback'],
    [['10.1.2.3'], 'private'],
    [['192.168.1.1', '127.0.0.1'], 'private'],
    [['fd12::1'], 'private'],
    [['100.64.0.9'], 'private'],
    [['93.184.215.14'], 'public'],
    [['10.1.2.3', '2606:2800::1'], 'public'],
  ] as const)('where the furthest of %j is: %s', ([addresses, place]) => {
    expect(placeOf([...addresses])).toBe(place);
  });
});

describe('an answer', () => {
  const at = (stage: 'lookup' | 'connect', code: string) => {
    const course = new Course(new AbortController().signal);
    course.stage = stage;
    return isAnswer(Object.assign(new Error(code), { code }), course);
  };

  test('is also that nobody listens at a port, and that a name does not exist', () => {
    expect(at('connect', 'ECONNREFUSED')).toBe(true);
    expect(at('connect', 'ECONNRESET')).toBe(true);
    expect(isAnswer(new NameUnknown('nowhere.invalid'), new Course(new AbortController().signal))).toBe(true);
  });

  test('is neither a missing route nor a name server that refuses or fails', () => {
    for (const code of ['ENETUNREACH', 'EHOSTUNREACH', 'ENETDOWN', 'EADDRNOTAVAIL', 'ETIMEDOUT', 'EMFILE'])
      expect([code, at('connect', code)]).toEqual([code, false]);
    for (const code of ['ESERVFAIL', 'ETIMEOUT', 'EAI_AGAIN', 'ECONNREFUSED'])
      expect([code, at('lookup', code)]).toEqual([code, false]);
  });
});
