import { Hono } from 'hono';
import type { Storage } from '../clients/storage.js';
import type { Vault } from '../clients/vault.js';
import { REACTIVATION_LINK } from '../site.js';
import {
  findLinked,
  type LinkedCompany,
  type ReactivationLink,
  reactivate,
} from '../tasks/clients/reactivation.js';
import type { AppContext, AppDependencies, AppEnvironment } from './environment.js';
import { PAGE_POLICY } from './pages/frame.js';
import { type ReactivationState, reactivationPage } from './pages/reactivate.js';

/** The link of « Voulez-vous réactiver ? ». Scanners of mails follow links: only POST changes something. */
export function reactivationRoutes(deps: AppDependencies): Hono<AppEnvironment> {
  const answer = async (c: AppContext, acts: boolean) => {
    const token = c.req.param('token') ?? '';
    try {
      return await standingPage(c, { token, acts });
    } catch (error) {
      // Whoever follows the link is no program: they get words, and the button once more.
      deps.log.error({ err: error, requestId: c.get('requestId') }, 'a reactivation could not be answered');
      c.header('Retry-After', String(RETRY_AFTER_SECONDS));
      return page(c, deps, { kind: 'busy', token });
    }
  };
  const standingPage = async (c: AppContext, { token, acts }: { token: string; acts: boolean }) => {
    const link = linkIn(token, deps.services.vault);
    const company = link && (acts ? await callBack(link, deps) : await findLinked(deps.db, link));
    if (!company) return page(c, deps, { kind: 'invalid' });
    const { standing, name } = company;
    const isDone = acts && (standing === 'asked' || standing === 'archived' || standing === 'back');
    return page(c, deps, { kind: isDone ? 'done' : standing, token, company: name });
  };
  return new Hono<AppEnvironment>()
    .get('/clients/reactivate/:token', (c) => answer(c, false))
    .post('/clients/reactivate/:token', (c) => answer(c, true));
}

async function callBack(link: ReactivationLink, deps: AppDependencies): Promise<LinkedCompany | undefined> {
  const { db, now, site, services, log } = deps;
  const company = await reactivate(db, link, { now: now(), timeZone: site.timeZone });
  if (company?.standing === 'archived' && company.archiveKey)
    await removeExport(services.storage, company.archiveKey, log);
  return company;
}

/** The data lives on, and its export goes. What cannot be removed now, the next run of the task removes. */
async function removeExport(
  storage: Storage | undefined,
  key: string,
  log: AppDependencies['log'],
): Promise<void> {
  try {
    await storage?.remove(key);
  } catch (err) {
    log.warn({ err, key }, 'the export of a company that is back stays for now');
  }
}

/** What the link was made for; undefined when nobody here made it. */
function linkIn(token: string, vault: Vault | undefined): ReactivationLink | undefined {
  try {
    const [companyId = '', asked] = vault?.decrypt(token, REACTIVATION_LINK).split(':') ?? [];
    return asked ? { companyId, askedAt: new Date(Number(asked)) } : undefined;
  } catch {
    return undefined;
  }
}

const STATUS = { invalid: 404, old: 410, gone: 410, busy: 503 } as const;
const RETRY_AFTER_SECONDS = 30;

function page(c: AppContext, deps: AppDependencies, state: ReactivationState) {
  c.header('Content-Security-Policy', PAGE_POLICY);
  c.header('Referrer-Policy', 'no-referrer');
  const status = state.kind in STATUS ? STATUS[state.kind as keyof typeof STATUS] : 200;
  return c.html(reactivationPage(state, deps), status);
}
