import { ACCENT, DARK, DARK_LINK, escapeHtml, FONT, LIGHT } from '../../messages/layout-style.js';
import type { Site } from '../../site.js';

/** For pages behind the links of our mails: they load and run nothing. */
export const PAGE_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const STYLE = `
:root{color-scheme:light dark}
body{${FONT};margin:0;padding:24px 12px;font-size:16px;line-height:1.5;background:${LIGHT.page};color:${LIGHT.ink}}
main{box-sizing:border-box;max-width:480px;margin:8vh auto 0;padding:28px 24px;background:${LIGHT.card};border:1px solid ${LIGHT.line};border-radius:8px}
h1{margin:0 0 12px;font-size:20px;line-height:1.4}
p{margin:0}
button,a.button{box-sizing:border-box;display:inline-block;font:inherit;font-weight:600;margin-top:24px;padding:12px 22px;min-height:48px;color:#fff;background:${ACCENT};border:0;border-radius:6px;cursor:pointer;text-decoration:none}
button:focus-visible,a.button:focus-visible{outline:3px solid ${ACCENT};outline-offset:3px}
@media (prefers-color-scheme:dark){
body{background:${DARK.page};color:${DARK.ink}}
main{background:${DARK.card};border-color:${DARK.line}}
button:focus-visible,a.button:focus-visible{outline-color:${DARK_LINK}}
}
`;

export interface PageContent {
  title: string;
  text: string;
  /** What the button posts, back to the address of the page; the token leaves out what was appended to it. */
  ask?: { token: string; button: string } | undefined;
  /** Where to go from here. */
  link?: { url: string; label: string } | undefined;
}

/** A page of one card, in the look of our mails. */
export function cardPage({ title, text, ask, link }: PageContent, { locale }: Pick<Site, 'locale'>): string {
  const form = ask
    ? `<form method="post" action="${escapeHtml(encodeURIComponent(ask.token))}"><button type="submit">${escapeHtml(ask.button)}</button></form>\n`
    : '';
  const way = link ? `<a class="button" href="${escapeHtml(link.url)}">${escapeHtml(link.label)}</a>\n` : '';
  return `<!doctype html>
<html lang="${locale}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<meta name="referrer" content="no-referrer">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
<p>${escapeHtml(text)}</p>
${form}${way}</main>
</body>
</html>
`;
}
