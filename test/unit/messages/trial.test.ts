import { describe, expect, test } from 'vitest';
import { LOCALES, type Locale } from '../../../src/locales/index.js';
import type { TrialLetter } from '../../../src/locales/trials.js';
import { type TrialWords, trialMail, trialSms } from '../../../src/messages/templates/trial.js';
import { linksIn, lookIn, shownIn, spaced, tagsIn } from './look.js';

const LETTERS: TrialLetter[] = ['warning', 'expired', 'help', 'demo'];
const UNSUBSCRIBE = 'https://cron.example/unsubscribe/v1.a.b-_c';

const words: TrialWords = {
  name: 'Claire Moreau',
  company: 'Atelier Moreau',
  product: 'Talos',
  endsAt: new Date('2026-11-24T13:30:00Z'),
  unsubscribeUrl: UNSUBSCRIBE,
};

const mail = (letter: TrialLetter, rest: Partial<TrialWords> = {}, locale: Locale = 'fr') =>
  trialMail(letter, { ...words, ...rest }, lookIn(locale));

/** What one SMS of 160 signs may hold; any other sign leaves room for 70. */
const GSM = /^[A-Za-z0-9 @£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ!"#¤%&'()*+,\-./:;<=>?¡ÄÖÑÜ§¿äöñüà\n]*$/;

describe.each(LOCALES)('a mail to a company on trial (%s)', (locale) => {
  test('leads to the application, and out of these mails', () => {
    for (const letter of LETTERS) {
      const { html, text } = mail(letter, {}, locale);
      expect(linksIn(html)).toEqual([`${lookIn(locale).site.appUrl}/`, UNSUBSCRIBE]);
      expect(text).toContain(UNSUBSCRIBE);
    }
  });

  test('shows the texts of others as texts', () => {
    const HOSTILE = `<b>"x"</b>&amp;'`;
    for (const letter of LETTERS) {
      const { html } = mail(letter, { name: HOSTILE, company: HOSTILE, product: HOSTILE }, locale);
      expect(tagsIn(html)).toEqual(tagsIn(mail(letter, {}, locale).html));
      expect(shownIn(html).join(' ')).toContain(HOSTILE);
    }
  });

  test('leaves no gap where something is not known', () => {
    for (const letter of LETTERS) {
      const bare = mail(letter, { name: '', company: '', product: '', unsubscribeUrl: undefined }, locale);
      expect(`${bare.subject}\n${bare.text}`).not.toMatch(/ {2,}\S| [,.]|undefined|\bnull\b/);
    }
    expect(mail('help', { endsAt: undefined }, locale).text).not.toMatch(/jusqu’au|until/);
  });
});

test('the warning says when the trial ends, on the clock of TIMEZONE', () => {
  const { subject, text } = mail('warning');
  expect(subject).toBe('Votre essai Talos se termine le 24 novembre 2026');
  expect(spaced(text)).toContain(
    'Votre essai Talos pour Atelier Moreau se termine le mardi 24 novembre 2026 à 14:30.',
  );
});

test('the SMS fits the alphabet of phones, and says how to get no more of them', () => {
  for (const locale of LOCALES) {
    const sms = trialSms({ product: 'Talos', unsubscribeUrl: UNSUBSCRIBE }, lookIn(locale));
    expect(sms).toMatch(GSM);
    expect(sms).toContain('STOP');
    expect(sms.endsWith(UNSUBSCRIBE)).toBe(true);
  }
});
