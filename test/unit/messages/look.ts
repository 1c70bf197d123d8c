import { loadConfig } from '../../../src/config.js';
import { type Locale, messagesFor } from '../../../src/locales/index.js';
import type { Look } from '../../../src/messages/layout.js';
import { createSite } from '../../../src/site.js';

/** As a run has it, in Paris. */
export const lookIn = (locale: Locale): Look => ({
  site: createSite(loadConfig({ NODE_ENV: 'test', LOCALE: locale }), undefined),
  messages: messagesFor(locale),
});

export const spaced = (text: string): string => text.replace(/\s+/g, ' ');

/** What a reader of the HTML sees, a piece for each element. */
export const shownIn = (html: string): string[] =>
  html
    .replace(/^.*<body/s, '<body')
    .split(/<[^>]*>/)
    .map((piece) => spaced(unescaped(piece)).trim())
    .filter((piece) => piece !== '');

/** Every tag, the addresses of its links left out. */
export const tagsIn = (html: string): string[] =>
  [...html.matchAll(/<[^>]*>/g)].map(([tag]) => tag.replace(/(href|action)="[^"]*"/, '$1'));

export const linksIn = (html: string): string[] =>
  [...html.matchAll(/\shref="([^"]*)"/g)].map(([, url = '']) => unescaped(url));

const unescaped = (html: string): string =>
  html
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');
