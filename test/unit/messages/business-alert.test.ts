import { expect, test } from 'vitest';
import type { BusinessCause } from '../../../src/locales/statistics.js';
import { businessAlertMail } from '../../../src/messages/templates/business-alert.js';
import { lookIn } from './look.js';

const causes: BusinessCause[] = ['no-leads', 'payment-failures', 'cancellations'];

test.for(causes)('the alert about %s says what happened, and what to do, in both languages', (cause) => {
  const about = { cause, count: 3, of: 21, since: '2026-11-20T10:00:00Z' };
  const [fr, en] = [businessAlertMail(about, lookIn('fr')), businessAlertMail(about, lookIn('en'))];
  expect(fr.subject).not.toBe(en.subject);
  if (cause === 'no-leads') expect([fr.text, en.text].join()).toMatch(/20 novembre 2026.*20 November 2026/s);
  else expect([fr.text, en.text].join()).toMatch(/14,3.%.*14\.3%/s);
  expect(fr.text.split('\n').filter((line) => line !== '').length).toBeGreaterThan(2);
});
