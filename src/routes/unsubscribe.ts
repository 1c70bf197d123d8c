import { sql } from 'drizzle-orm';
import { Hono } from 'hono';
import type { Vault } from '../clients/vault.js';
import { UNSUBSCRIBE_LINK } from '../site.js';
import type { AppContext, AppDependencies, AppEnvironment } from './environment.js';
import { unsubscribePage } from './pages/unsubscribe.js';

const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/**
 * The link under our mails. Mail programs and their scanners follow links: only POST changes something, from the
 * page's button or at once from the mail program (RFC 8058).
 */
export function unsubscribeRoutes(deps: AppDependencies): Hono<AppEnvironment> {
  return new Hono<AppEnvironment>()
    .get('/unsubscribe/:token', (c) => {
      const token = c.req.param('token');
      const address = addressIn(token, deps.services.vault);
      return page(c, deps, address ? 'ask' : 'invalid', token);
    })
    .post('/unsubscribe/:token', async (c) => {
      const address = addressIn(c.req.param('token'), deps.services.vault);
      if (!address) return page(c, deps, 'invalid');
      await deps.db.rows(sql`
        insert into cronhook.suppressed_addresses (address, reason) values (${address.toLowerCase()}, 'unsubscribed')
        on conflict (address) do nothing
      `);
      return page(c, deps, 'done');
    });
}

/** The address that the link was made for; undefined when nobody here made it. */
function addressIn(token: string, vault: Vault | undefined): string | undefined {
  try {
    return vault?.decrypt(token, UNSUBSCRIBE_LINK);
  } catch {
    return undefined;
  }
}

function page(c: AppContext, deps: AppDependencies, state: 'ask' | 'done' | 'invalid', token?: string) {
  c.header('Content-Security-Policy', POLICY);
  c.header('Referrer-Policy', 'no-referrer');
  return c.html(unsubscribePage(state, { token }, deps), state === 'invalid' ? 404 : 200);
}
