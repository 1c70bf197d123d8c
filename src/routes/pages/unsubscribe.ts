import type { Messages } from '../../locales/index.js';
import { type Look, plainName } from '../../messages/layout.js';
import { ACCENT, DARK, DARK_LINK, escapeHtml, FONT, LIGHT } from '../../messages/layout-html.js';

const STYLE = `
:root{color-scheme:light dark}
body{${FONT};margin:0;padding:24px 12px;font-size:16px;line-height:1.5;background:${LIGHT.page};color:${LIGHT.ink}}
main{box-sizing:border-box;max-width:480px;margin:8vh auto 0;padding:28px 24px;background:${LIGHT.card};border:1px solid ${LIGHT.line};border-radius:8px}
h1{margin:0 0 12px;font-size:20px;line-height:1.4}
p{margin:0}
button{font:inherit;font-weight:600;margin-top:24px;padding:12px 22px;min-height:48px;color:#fff;background:${ACCENT};border:0;border-radius:6px;cursor:pointer}
button:focus-visible{outline:3px solid ${ACCENT};outline-offset:3px}
@media (prefers-color-scheme:dark){
body{background:${DARK.page};color:${DARK.ink}}
main{background:${DARK.card};border-color:${DARK.line}}
button:focus-visible{outline-color:${DARK_LINK}}
}
`;

export type UnsubscribeState =
  | { kind: 'ask' | 'done'; token: string; address: string /** Empty when not known. */; sender: string }
  | { kind: 'invalid' };

/** What somebody sees who follows the link under a mail; the page itself changes nothing. */
export function unsubscribePage(state: UnsubscribeState, { site, messages }: Look): string {
  const { title, text } = wordsOf(state, messages);
  const { button } = messages.mails.unsubscribePage;
  const token = state.kind === 'ask' ? state.token : '';
  // Without an action a form posts to the address of its page; the token leaves out what was appended to it.
  const action = token ? ` action="${escapeHtml(encodeURIComponent(token))}"` : '';
  const form = `<form method="post"${action}><button type="submit">${escapeHtml(button)}</button></form>\n`;
  return `<!doctype html>
<html lang="${site.locale}">
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
${state.kind === 'ask' ? form : ''}</main>
</body>
</html>
`;
}

function wordsOf(state: UnsubscribeState, { mails }: Messages): { title: string; text: string } {
  if (state.kind === 'invalid') return mails.unsubscribePage.invalid;
  const { title, text } = mails.unsubscribePage[state.kind];
  return { title, text: text(masked(state.address), plainName(state.sender)) };
}

/** `j***@exemple.fr`: who owns the address knows it, and who was handed the link does not learn it. */
function masked(address: string): string {
  const at = address.lastIndexOf('@');
  const [first = ''] = address;
  return plainName(`${at > 0 ? first : ''}***${address.slice(at)}`);
}
