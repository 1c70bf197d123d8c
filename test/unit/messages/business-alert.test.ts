import { expect, test } from 'vitest';
import type { BusinessCause } from '../../../src/locales/statistics.js';
import { businessTrouble } from '../../../src/tasks/statistics/alerts.js';
import { lookIn } from './look.js';

const causes: BusinessCause[] = ['no-leads', 'payment-failures', 'cancellations'];

test.for(causes)('the alert about %s says what happened, and what to do, in both languages', (cause) => {
  const about = { cause, count: 3, of: 21, since: '2026-11-20T10:00:00Z' };
  const [fr, en] = [businessTrouble(about, lookIn('fr')), businessTrouble(about, lookIn('en'))];
  expect(fr.title).not.toBe(en.title);
  if (cause === 'no-leads')
    expect([fr.message, en.message].join()).toMatch(/20 novembre 2026.*20 November 2026/s);
  else expect([fr.message, en.message].join()).toMatch(/14,3.%.*14\.3%/s);
  expect(fr.message.split('\n')).toHaveLength(2);
});
