import { describe, expect, test } from 'vitest';
import { LOCALES } from '../../../src/locales/index.js';
import { unsubscribePage } from '../../../src/routes/pages/unsubscribe.js';
import { lookIn, shownIn, tagsIn } from './look.js';

describe.each(LOCALES)('the unsubscribe page (%s)', (locale) => {
  const look = lookIn(locale);
  const page = (state: 'ask' | 'done' | 'invalid', token?: string) => unsubscribePage(state, { token }, look);

  test('only the question has a button, which posts to the address of the page', () => {
    expect(page('ask', 'v1.ab.c-_d')).toContain(
      '<form method="post" action="v1.ab.c-_d"><button type="submit">',
    );
    expect(page('ask')).toContain('<form method="post"><button type="submit">');
    for (const state of ['done', 'invalid'] as const)
      expect(page(state, 'v1.a.b')).not.toMatch(/<form|<button/);
  });

  test('a token is never markup, nor an address of its own', () => {
    const html = page('ask', 'https://evil.example/"><script>');
    expect(tagsIn(html)).toEqual(tagsIn(page('ask', 'v1.a.b')));
    expect(html).toContain('action="https%3A%2F%2Fevil.example%2F%22%3E%3Cscript%3E"');
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
