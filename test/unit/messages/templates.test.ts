import { describe, expect, test } from 'vitest';
import { LOCALES, type Locale } from '../../../src/locales/index.js';
import type { DocumentKind, Tone } from '../../../src/locales/mails.js';
import type { ComposedMail } from '../../../src/messages/layout.js';
import { appointmentMail } from '../../../src/messages/templates/appointment.js';
import { farewellMail } from '../../../src/messages/templates/farewell.js';
import { followupMail } from '../../../src/messages/templates/followup.js';
import {
  type IncidentKind,
  incidentMail,
  type ToldIncident,
} from '../../../src/messages/templates/incident.js';
import { linksIn, lookIn, shownIn, spaced, tagsIn } from './look.js';

const WEB = 'https://app.example/d/1?a=1&b=2';
const NOW = new Date('2026-11-21T13:30:00Z');

interface Words {
  /** Stands wherever somebody else's text does. */
  text: string;
  url: string;
}

const document = {
  number: 'F-1',
  customerName: 'Ateliers Lefèvre',
  companyName: 'Menuiserie Dupont',
  totalCents: '123456',
  currency: 'EUR',
  issuedAt: '2026-10-01',
  dueAt: '2026-11-01',
  daysLate: 20,
  url: WEB,
};

const failing = (name: string, rest: Partial<ToldIncident> = {}): ToldIncident => ({
  severity: 'important',
  title: `La tâche ${name} échoue`,
  since: new Date('2026-11-19T09:05:00Z'),
  message: 'the server is away: start it',
  link: `${WEB}#${name}`,
  ...rest,
});

const KINDS: IncidentKind[] = ['opened', 'escalated', 'flapping', 'reminder', 'recovered'];

/** Every mail to somebody whose name others wrote. */
function everyLetter({ text, url }: Words, locale: Locale): ComposedMail[] {
  const look = lookIn(locale);
  const names = { number: text, customerName: text, companyName: text };
  return [
    ...(['invoice', 'quote'] as const).flatMap((kind) =>
      (['courteous', 'firm', 'final'] as const).map((tone) =>
        followupMail({ ...document, ...names, kind, tone, url, unsubscribeUrl: url }, look),
      ),
    ),
    appointmentMail({ name: text, title: text, startsAt: NOW, location: text, unsubscribeUrl: url }, look),
    farewellMail({ name: text }, look),
  ];
}

/** Every mail there is. */
function everyMail({ text, url }: Words, locale: Locale): ComposedMail[] {
  const some = [0, 1].map((n) => failing('', { title: text, message: `${text}${n}`, link: url }));
  const incidents = KINDS.flatMap((kind) =>
    [some.slice(1), some].map((told) => incidentMail(kind, { incidents: told, now: NOW }, lookIn(locale))),
  );
  return [...everyLetter({ text, url }, locale), ...incidents];
}

const followup = (kind: DocumentKind, tone: Tone, rest: object = {}, locale: Locale = 'fr'): ComposedMail =>
  followupMail({ ...document, kind, tone, ...rest }, lookIn(locale));

/** Control characters but the ends of lines, and what turns or hides text. */
const UNSEEN = /[^\n\P{Cc}]|[\u2028-\u202e\u2066\u200b\u200f]/u;

describe.each(LOCALES)('every mail (%s)', (locale) => {
  const mails = everyMail({ text: 'Camille', url: WEB }, locale);

  test('somebody else’s text is never markup', () => {
    const HOSTILE = `</td><script>alert("1")</script>&amp;<a href='x'>"onload="x`;
    const hostile = everyMail({ text: HOSTILE, url: `${WEB}&q="><b>'` }, locale);
    hostile.forEach((mail, n) => {
      expect(tagsIn(mail.html)).toEqual(tagsIn(mails[n]?.html ?? ''));
      expect(mail.html).not.toMatch(/&(?!amp;|lt;|gt;|quot;|#39;)/);
      expect(shownIn(mail.html).join(' ')).toContain(HOSTILE);
    });
  });

  test('control characters, line breaks and turned reading directions reach neither text nor subject', () => {
    const NASTY = 'A\r\nBcc: x@y.z\u0000\u001b\u0085\u2028\u202e\u2066\u200b\u200fB';
    for (const { subject, text, html } of everyMail({ text: NASTY, url: WEB }, locale)) {
      expect(`${text}${html}`).not.toMatch(UNSEEN);
      expect(subject).not.toMatch(UNSEEN);
      expect(subject).not.toContain('\n');
      expect(shownIn(html).join(' ')).toContain('A Bcc: x@y.z B');
    }
  });

  test('a long text is cut, a subject at 200 characters, never in the middle of a character', () => {
    for (const { subject, text, html } of everyMail({ text: '🧾'.repeat(50_000), url: WEB }, locale)) {
      expect(subject.length).toBeLessThanOrEqual(200);
      expect(html.length).toBeLessThan(30_000);
      expect(`${subject}${text}${html}`).not.toContain('\ufffd');
      expect(`${subject}${text}${html}`.isWellFormed()).toBe(true);
      expect(text).toContain('🧾…');
    }
  });

  test('only web addresses become links', () => {
    for (const { html, text } of everyMail({ text: 'Camille', url: 'javascript:alert(1)' }, locale)) {
      expect(linksIn(html)).toEqual([]);
      expect(`${html}${text}`).not.toContain('javascript:');
    }
    expect(mails.filter(({ html }) => linksIn(html).length > 0).length).toBe(mails.length - 1);
    for (const url of mails.flatMap(({ html }) => linksIn(html))) expect(url).toBe(WEB);
  });

  test('the text part says what the HTML part shows, and has its addresses whole', () => {
    for (const { html, text } of mails) {
      for (const piece of shownIn(html)) expect(spaced(text)).toContain(piece);
      const lines = text.split('\n').map((line) => line.trim());
      for (const url of linksIn(html)) expect(lines).toContain(url);
      expect(text).not.toMatch(/<|&amp;|&lt;|undefined|null|NaN/);
    }
  });

  test('lines of text are at most 72 characters long', () => {
    const lines = mails.flatMap(({ text }) => text.split('\n'));
    expect(lines.filter((line) => line.length > 72 && !line.includes('://'))).toEqual([]);
    expect(Math.max(...lines.map((line) => line.length))).toBeGreaterThan(60);
  });

  test('a missing name leaves no gap', () => {
    for (const text of ['', ' ', '\n\u200b']) {
      for (const mail of everyLetter({ text, url: '' }, locale)) {
        expect(`${mail.subject}\n${mail.text}`).not.toMatch(/ [,.]|\S {2}| $|°$/m);
        expect(mail.html).not.toMatch(/<(p|strong|h1)[^>]*>\s*<\//);
      }
    }
  });

  test('nothing is loaded from anywhere', () => {
    for (const { html } of mails) {
      expect(html).not.toMatch(/<(img|script|link|iframe|form|base)\b|\b(src|background)=|url\(|@import/i);
      expect(html.match(/https?:/g)?.length ?? 0).toBe(linksIn(html).length);
    }
  });

  test('it reads in light and in dark, in its language, and its tables are no tables to a screen reader', () => {
    for (const { html } of mails) {
      expect(html).toContain(`<html lang="${locale}">`);
      expect(html).toContain('<meta name="color-scheme" content="light dark">');
      expect(html).toContain('<meta name="supported-color-schemes" content="light dark">');
      expect(html).toContain('@media (prefers-color-scheme:dark)');
      expect(html.match(/<table role="presentation"/g)?.length).toBe(html.match(/<table/g)?.length);
    }
  });
});

describe('a follow-up', () => {
  test.each(['courteous', 'firm', 'final'] as const)(
    'states number, amount, dates and delay (%s)',
    (tone) => {
      const text = spaced(followup('invoice', tone).text);
      expect(text).toContain('Facture : F-1');
      expect(text).toContain('Montant : 1 234,56 €');
      expect(text).toContain('Date d’émission : 1er octobre 2026');
      expect(text).toContain('Échéance : 1er novembre 2026 (20 jours de retard)');
      expect(text).toMatch(/Cordialement, Menuiserie Dupont $/);
    },
  );

  test.each([
    ['invoice', 'courteous'],
    ['invoice', 'firm'],
    ['invoice', 'final'],
    ['quote', 'courteous'],
    ['quote', 'firm'],
    ['quote', 'final'],
  ] as const)('is void once paid or answered, and may be answered (%s, %s)', (kind, tone) => {
    const french = spaced(followup(kind, tone).text);
    expect(french).toMatch(/entre-temps, ce message est sans objet/);
    expect(french).toMatch(/répond(ez|ant) simplement à ce message/i);
    const english = spaced(followup(kind, tone, {}, 'en').text);
    expect(english).toContain('in the meantime, please disregard this message');
    expect(english).toMatch(/simply reply to this message/i);
  });

  test('only the last word on an invoice speaks of collection', () => {
    expect(followup('invoice', 'final').subject).toBe(
      'Dernière relance avant recouvrement : facture n°\u00a0F-1',
    );
    expect(followup('invoice', 'final').text).toContain('professionnel du recouvrement');
    for (const [kind, tone] of [
      ['invoice', 'courteous'],
      ['invoice', 'firm'],
      ['quote', 'final'],
    ] as const) {
      expect(followup(kind, tone).text).not.toMatch(/mise en demeure|mettons en demeure|recouvrement/i);
      expect(followup(kind, tone, {}, 'en').text).not.toMatch(/formal notice|collection/i);
    }
  });

  test('a way to unsubscribe stands under quotes only', () => {
    const unsubscribeUrl = 'https://cron.example/unsubscribe/v1.a.b-_c';
    const quote = followup('quote', 'firm', { unsubscribeUrl });
    expect(linksIn(quote.html)).toContain(unsubscribeUrl);
    expect(quote.text).toContain(
      `\n-- \nVous ne souhaitez plus recevoir ces messages\u00a0?\nSe désinscrire :\n${unsubscribeUrl}\n`,
    );
    const invoice = followup('invoice', 'firm', { unsubscribeUrl });
    expect(`${invoice.html}${invoice.text}`).not.toMatch(/unsubscribe|désinscrire/);
    expect(followup('quote', 'firm').text).not.toMatch(/désinscrire/);
  });

  test('what is not known is not mentioned', () => {
    const bare = followup('invoice', 'firm', { number: '', dueAt: null, url: null, daysLate: 3 });
    expect(bare.subject).toBe('Relance : facture impayée');
    expect(bare.text).not.toMatch(/Échéance|échue|retard\)|Voir la facture|n°/);
    expect(spaced(followup('invoice', 'firm', { daysLate: 0 }).text)).toContain(
      'Échéance : 1er novembre 2026 Voir',
    );
    expect(spaced(followup('invoice', 'firm', { daysLate: 1 }).text)).toContain('(1 jour de retard)');
    const quote = spaced(followup('quote', 'courteous', { daysLate: 12 }).text);
    expect(quote).toContain('Valable jusqu’au : 1er novembre 2026');
    expect(quote).not.toContain('retard');
  });
});

describe('an appointment mail', () => {
  test('says what, when and where', () => {
    const appointment = { name: 'Camille', title: 'Visite', startsAt: NOW, location: '12 rue des Lilas' };
    const { subject, text } = appointmentMail(appointment, lookIn('fr'));
    expect(subject).toBe('Rappel : Visite, samedi 21 novembre 2026 à 14:30');
    expect(spaced(text)).toContain(
      'Objet : Visite Date : samedi 21 novembre 2026 à 14:30 Lieu : 12 rue des Lilas',
    );
    expect(appointmentMail({ ...appointment, location: null }, lookIn('fr')).text).not.toContain('Lieu');
    expect(appointmentMail({ ...appointment, title: ' ' }, lookIn('fr')).subject).toMatch(
      /^Rappel : rendez-vous, /,
    );
  });
});

describe('a farewell', () => {
  test('says what is deleted, what the law keeps, and that it is the last mail', () => {
    const french = spaced(farewellMail({ name: 'Camille' }, lookIn('fr')).text);
    expect(french).toMatch(
      /supprimé.*factures et les paiements sont conservés dix ans.*plus rattachés.*dernier message/,
    );
    const english = spaced(farewellMail({ name: 'Camille' }, lookIn('en')).text);
    expect(english).toMatch(
      /deleted.*invoices and payments are kept for ten years.*no longer tied.*last message/,
    );
  });
});

describe('a mail about incidents', () => {
  const mail = (kind: IncidentKind, incidents: ToldIncident[]) =>
    incidentMail(kind, { incidents, now: NOW }, lookIn('fr'));

  test('says what and since when in its subject, then what to do, how grave it is, and where to look', () => {
    const { subject, text, html } = mail('opened', [failing('outbox')]);
    expect(subject).toBe('La tâche outbox échoue (depuis le 19 nov. à 10:05)');
    expect(spaced(text)).toMatch(
      /the server is away: start it Depuis : jeudi 19 novembre 2026 à 10:05 Gravité : important/,
    );
    expect(linksIn(html)).toEqual([`${WEB}#outbox`]);
  });

  test('gives the command that shows the run without the secret, whole on one line', () => {
    const runId = '01a1fc5e-eecd-726f-988b-4ebc9dc07972';
    const link = `https://cron.example.com/runs/${runId}`;
    for (const some of [[failing('outbox', { link })], [failing('outbox', { link }), failing('other')]]) {
      const { text, html } = mail('opened', some);
      expect(text).toMatch(new RegExp(`^ *Terminal\\s: npx cronhook runs ${runId}$`, 'm'));
      expect(spaced(shownIn(html).join(' '))).toContain(`Terminal : npx cronhook runs ${runId}`);
    }
    const noRun = mail('opened', [failing('outbox', { link: 'https://cron.example.com/runs' })]);
    expect(spaced(noRun.text)).toContain('Terminal : npx cronhook runs ');
    expect(mail('opened', [failing('outbox')]).text).not.toContain('Terminal');
  });

  test('says in words how long it has lasted, and that there is nothing left to do at its end', () => {
    expect(spaced(mail('reminder', [failing('outbox')]).text)).toContain('Durée : 2 jours et 4 heures');
    const recovered = mail('recovered', [failing('outbox')]);
    expect(spaced(recovered.subject)).toBe('Résolu : La tâche outbox échoue (après 2 jours et 4 heures)');
    expect(spaced(recovered.text)).toContain('Il n’y a rien à faire');
  });

  test('of ten with one cause says the cause once', () => {
    const ten = Array.from({ length: 10 }, (_, n) => failing(`task-${n}`));
    const { subject, text, html } = mail('opened', ten);
    expect(subject).toBe('La tâche task-0 échoue, et 9 autres incidents (depuis le 19 nov. à 10:05)');
    expect(text.match(/the server is away/g)).toHaveLength(1);
    expect(linksIn(html)).toEqual(ten.map(({ link }) => link));
    const [first, ...others] = ten as [ToldIncident, ...ToldIncident[]];
    const mixed = mail('opened', [{ ...first, message: 'no token' }, ...others]).text;
    expect(mixed.match(/the server is away/g)).toHaveLength(9);
  });

  test('lists twenty, and counts the others', () => {
    const some = Array.from({ length: 22 }, (_, n) => failing(`task-${n}`));
    expect(linksIn(mail('opened', some).html)).toHaveLength(20);
    expect(spaced(mail('opened', some).text)).toContain('… et 2 autres incidents.');
    expect(spaced(mail('opened', some.slice(1)).text)).toContain('… et 1 autre incident.');
    expect(mail('opened', some.slice(2)).text).not.toContain('…');
  });
});
