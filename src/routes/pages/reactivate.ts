import { type Look, plainName } from '../../messages/layout.js';
import type { Standing } from '../../tasks/clients/reactivation.js';
import { cardPage } from './frame.js';

export type ReactivationState =
  | { kind: Standing; token: string; company: string }
  | { kind: 'done'; company: string }
  | { kind: 'busy'; token: string }
  | { kind: 'invalid' };

/** What somebody sees who follows the link of « Voulez-vous réactiver ? »; the page itself changes nothing. */
export function reactivationPage(state: ReactivationState, { site, messages }: Look): string {
  const { page } = messages.archiving;
  const { title, text } = page[state.kind];
  const company = 'company' in state ? plainName(state.company) : '';
  const isQuestion = state.kind === 'asked' || state.kind === 'archived' || state.kind === 'busy';
  const isOpen = state.kind === 'done' || state.kind === 'back';
  return cardPage(
    {
      title,
      text: text(company),
      ask: isQuestion ? { token: state.token, button: page.button } : undefined,
      link: isOpen ? { url: site.appUrl, label: page.open } : undefined,
    },
    site,
  );
}
