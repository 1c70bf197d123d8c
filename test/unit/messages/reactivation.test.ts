import { describe, expect, test } from 'vitest';
import { LOCALES } from '../../../src/locales/index.js';
import { reactivationMail } from '../../../src/messages/templates/reactivation.js';
import { type ReactivationState, reactivationPage } from '../../../src/routes/pages/reactivate.js';
import { linksIn, lookIn, shownIn, spaced, tagsIn } from './look.js';

const LINK = 'https://cron.example/clients/reactivate/v1.a.b';
const OUT = 'https://cron.example/unsubscribe/v1.c.d';
const HOSTILE = '</td><script>alert("1")</script>&amp;\u202eX';
const KINDS = ['asked', 'archived', 'back', 'old', 'gone', 'done', 'invalid'] as const;

describe.each(LOCALES)('the question to a silent company (%s)', (locale) => {
  const look = lookIn(locale);
  const letter = (values: { name?: string; company?: string } = {}) =>
    reactivationMail(
      {
        name: 'Claire Moreau',
        company: 'Atelier Moreau',
        askedAt: new Date('2026-07-31T23:00:00Z'),
        url: LINK,
        unsubscribeUrl: OUT,
        ...values,
      },
      look,
    );

  test('names reader, company and the day from which it is archived, in text as in HTML', () => {
    const { subject, text, html } = letter();
    expect(subject).toContain('Atelier Moreau');
    for (const shown of [spaced(text), shownIn(html).join(' ')]) {
      expect(shown).toContain('Claire Moreau');
      expect(shown).toContain(locale === 'fr' ? '31 août 2026' : '31 August 2026');
      expect(shown).toMatch(/12 (mois|months)/);
    }
    expect(linksIn(html)).toEqual([LINK, OUT]);
    for (const url of [LINK, OUT]) expect(text).toContain(url);
  });

  test('reads well without names, and a name is never markup', () => {
    const { subject, text } = letter({ name: '', company: '' });
    expect(`${subject} ${spaced(text)}`).not.toMatch(/ {2}|undefined| (de|of) [,.]/);
    const hostile = letter({ name: HOSTILE, company: HOSTILE });
    expect(tagsIn(hostile.html)).toEqual(tagsIn(letter().html));
    expect(hostile.html + hostile.subject).not.toContain('\u202e');
  });

  const page = (kind: (typeof KINDS)[number], company = 'Atelier Moreau', token = 'v1.a.b') =>
    reactivationPage({ kind, company, token } as ReactivationState, look);

  test('only the pages that ask have a button, which posts to their own address', () => {
    for (const kind of KINDS) {
      const isQuestion = kind === 'asked' || kind === 'archived';
      expect(page(kind).includes('<form method="post" action="v1.a.b">'), kind).toBe(isQuestion);
    }
    expect(page('asked', '', 'https://evil.example/"><script>')).toContain(
      'action="https%3A%2F%2Fevil.example%2F%22%3E%3Cscript%3E"',
    );
  });

  test('each page has words of its own, runs nothing, and names nobody once all is gone', () => {
    expect(new Set(KINDS.map((kind) => shownIn(page(kind)).join())).size).toBe(KINDS.length);
    for (const kind of KINDS) {
      expect(page(kind)).not.toMatch(/<(script|img|link)\b|\bon\w+=|url\(/);
      expect(tagsIn(page(kind, HOSTILE))).toEqual(tagsIn(page(kind)));
      expect(shownIn(page(kind, '')).join(' ')).not.toMatch(/ {2}| de ,|undefined/);
    }
    expect(page('gone')).not.toContain('Moreau');
  });
});
