import { sql } from 'drizzle-orm';
import { Hono } from 'hono';
import type { Vault } from '../clients/vault.js';
import { SENDER_NAME } from '../messages/queue.js';
import { UNSUBSCRIBE_LINK } from '../site.js';
import type { AppContext, AppDependencies, AppEnvironment } from './environment.js';
import { PAGE_POLICY } from './pages/frame.js';
import { type UnsubscribeState, unsubscribePage } from './pages/unsubscribe.js';

/**
 * The link under our mails. Mail programs and their scanners follow links: only POST changes something, from the
 * page's button or at once from the mail program (RFC 8058).
 */
export function unsubscribeRoutes(deps: AppDependencies): Hono<AppEnvironment> {
  const answer = async (c: AppContext, kind: 'ask' | 'done') => {
    const token = c.req.param('token') ?? '';
    const address = addressIn(token, deps.services.vault);
    if (!address) return page(c, deps, { kind: 'invalid' });
    if (kind === 'done') await suppress(address, deps);
    return page(c, deps, { kind, token, address, sender: await senderOf(token, address, deps) });
  };
  return new Hono<AppEnvironment>()
    .get('/unsubscribe/:token', (c) => answer(c, 'ask'))
    .post('/unsubscribe/:token', (c) => answer(c, 'done'));
}

const suppress = (address: string, { db }: AppDependencies) =>
  db.rows(sql`
    insert into cronhook.suppressed_addresses (address, reason) values (${address.toLowerCase()}, 'unsubscribed')
    on conflict (address) do nothing
  `);

/** Who wrote the mail that the link stands in, by that mail; the page is worth more than the name on it. */
async function senderOf(token: string, address: string, deps: AppDependencies): Promise<string> {
  try {
    const [mail] = await deps.db.rows<{ name: string | null }>(sql`
      select headers->>${SENDER_NAME} as name from cronhook.outbox_messages
      where lower(recipient) = lower(${address}) and strpos(headers->>'List-Unsubscribe', ${token}) > 0 limit 1
    `);
    return mail ? (mail.name ?? deps.services.mail?.sender.name ?? '') : '';
  } catch (error) {
    deps.log.warn({ err: error }, 'the sender of an unsubscribe link could not be looked up');
    return '';
  }
}

/** The address that the link was made for; undefined when nobody here made it. */
function addressIn(token: string, vault: Vault | undefined): string | undefined {
  try {
    return vault?.decrypt(token, UNSUBSCRIBE_LINK);
  } catch {
    return undefined;
  }
}

function page(c: AppContext, deps: AppDependencies, state: UnsubscribeState) {
  c.header('Content-Security-Policy', PAGE_POLICY);
  c.header('Referrer-Policy', 'no-referrer');
  return c.html(unsubscribePage(state, deps), state.kind === 'invalid' ? 404 : 200);
}
