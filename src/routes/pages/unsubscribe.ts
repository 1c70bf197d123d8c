import type { Messages } from '../../locales/index.js';
import { type Look, plainName } from '../../messages/layout.js';
import { cardPage } from './frame.js';

export type UnsubscribeState =
  | { kind: 'ask' | 'done'; token: string; address: string /** Empty when not known. */; sender: string }
  | { kind: 'invalid' };

/** What somebody sees who follows the link under a mail; the page itself changes nothing. */
export function unsubscribePage(state: UnsubscribeState, { site, messages }: Look): string {
  const { button } = messages.mails.unsubscribePage;
  const ask = state.kind === 'ask' ? { token: state.token, button } : undefined;
  return cardPage({ ...wordsOf(state, messages), ask }, site);
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
