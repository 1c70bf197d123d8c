import { expect, test } from 'vitest';
import { mailProblem } from '../../../src/clients/mail-problem.js';

const problem = (response: string, command = 'RCPT TO') => {
  const failure = Object.assign(new Error(response), {
    code: 'EENVELOPE',
    command,
    response,
    responseCode: Number(response.slice(0, 3)),
  });
  return mailProblem(failure, { host: 'smtp.example', user: 'cron', passed: command === 'DATA' });
};

test.each([
  // Postfix, Gmail, Outlook, OVH, Exim
  [
    '550 5.1.1 <anna@example.com>: Recipient address rejected: User unknown in local recipient table',
    'address',
  ],
  ['550-5.1.1 The email account that you tried to reach does not exist.', 'address'],
  ['554 5.7.1 <anna@example.com>: Relay access denied', 'not-allowed'],
  ['550 relay not permitted', 'permanent'],
  ['550-5.4.5 Daily user sending limit exceeded.', 'not-allowed'],
  ['530 5.7.1 Authentication required', 'not-allowed'],
  ['550 5.2.2 The email account that you tried to reach is over quota', 'permanent'],
  ['452 4.2.2 The email account that you tried to reach is over quota', 'temporary'],
  ['550 5.7.520 Access denied, your organization does not allow external forwarding', 'permanent'],
])('%s: %s', (reply, verdict) => {
  expect(problem(reply).verdict).toBe(verdict);
});

test.each([
  [
    '554 5.7.1 <anna@example.com>: message 4711 rejected, bad reputation',
    '554 5.7.1 <zoe@example.org>: message 4712 rejected, bad reputation',
  ],
  [
    '550-5.7.26 Unauthenticated email from service.example is not accepted. a1b2c3-20020 - gsmtp',
    '550-5.7.26 Unauthenticated email from service.example is not accepted. d4e5f6-20031 - gsmtp',
  ],
])('refusals that differ in addresses, numbers and ids are alike: %s', (one, other) => {
  expect(problem(one, 'DATA').kind).toBeDefined();
  expect(problem(one, 'DATA').kind).toBe(problem(other, 'DATA').kind);
});

test('refusals with another code or other words are not alike', () => {
  const kinds = ['554 5.7.1 spam', '554 5.7.0 spam', '550 5.7.1 spam', '554 5.7.1 virus'].map(
    (reply) => problem(reply, 'DATA').kind,
  );
  expect(new Set(kinds).size).toBe(4);
});

test.each([
  '550 No such user here',
  '550 Requested action not taken: mailbox unavailable',
  '552 5.2.2 Mailbox full',
  '550 5.2.1 The email account that you tried to reach is inactive',
  '554 delivery error: This user doesn’t have an account (mailbox not found)',
])('what is wrong with a mailbox is like nothing else: %s', (reply) => {
  expect(problem(reply).kind).toBeUndefined();
});

test('of a reply that quotes the message only the codes are told, where that is asked for', () => {
  const { discreetly } = problem('554 5.6.0 <anna@example.com> "tulipe-4711" looks like a password', 'DATA');
  const told = discreetly({ delivery: { message: (reply: string) => reply } } as never);
  expect(told).toBe('554 5.6.0');
});
