import { describe, expect, test } from 'vitest';
import { LOCALES } from '../../../src/locales/index.js';
import { unsubscribePage } from '../../../src/routes/pages/unsubscribe.js';
import { lookIn, shownIn, tagsIn } from './look.js';

describe.each(LOCALES)('the unsubscribe page (%s)', (locale) => {
  const look = lookIn(locale);
  const page = (
    kind: 'ask' | 'done' | 'invalid',
    { token = 'v1.a.b', address = 'jeanne@exemple.fr', sender = 'Menuiserie Dupont' } = {},
  ) => unsubscribePage(kind === 'invalid' ? { kind } : { kind, token, address, sender }, look);

  test('only the question has a button, which posts to the address of the page', () => {
    expect(page('ask', { token: 'v1.ab.c-_d' })).toContain(
      '<form method="post" action="v1.ab.c-_d"><button type="submit">',
    );
    for (const state of ['done', 'invalid'] as const) expect(page(state)).not.toMatch(/<form|<button/);
  });

  test('a token is never markup, nor an address of its own', () => {
    const html = page('ask', { token: 'https://evil.example/"><script>' });
    expect(tagsIn(html)).toEqual(tagsIn(page('ask')));
    expect(html).toContain('action="https%3A%2F%2Fevil.example%2F%22%3E%3Cscript%3E"');
  });

  test('names the sender and the address, of which it shows one letter and the domain', () => {
    for (const kind of ['ask', 'done'] as const) {
      const shown = shownIn(page(kind)).join(' ');
      expect(shown).toContain('j***@exemple.fr');
      expect(shown).toContain('Menuiserie Dupont');
      expect(page(kind)).not.toContain('jeanne');
      expect(shownIn(page(kind, { sender: '' })).join(' ')).toMatch(/de notre part\.|from us\./);
    }
    expect(shownIn(page('ask', { address: '😀b@c@exemple.fr' })).join(' ')).toContain('😀***@exemple.fr');
  });

  test('neither name nor address is markup', () => {
    const hostile = page('ask', { sender: '<b>&"\u202eX', address: '<i>@"><script>.fr' });
    expect(tagsIn(hostile)).toEqual(tagsIn(page('ask')));
    expect(hostile).not.toContain('\u202e');
  });

  test('each state has words of its own, and no page loads or runs anything', () => {
    const pages = (['ask', 'done', 'invalid'] as const).map((state) => page(state));
    expect(new Set(pages.map((html) => shownIn(html).join())).size).toBe(3);
    for (const html of pages) {
      expect(html).toContain(`<html lang="${locale}">`);
      expect(html).not.toMatch(/<(script|img|link)\b|\bon\w+=|url\(|https?:/);
      expect(html).toContain('prefers-color-scheme:dark');
    }
  });
});
