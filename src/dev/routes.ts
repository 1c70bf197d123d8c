import type { Hono } from 'hono';
import { DEVELOPMENT_SMTP_PORT, DEVELOPMENT_SMTP_URL } from '../config.js';
import type { AppDependencies, AppEnvironment } from '../routes/environment.js';
import { mailPageRoutes } from './mail-page.js';
import { type DevMailbox, startDevMailbox } from './mail-server.js';

/** The pages that exist in development only, with the mailbox that they show. */
export async function developmentRoutes(
  deps: Pick<AppDependencies, 'config' | 'log'>,
): Promise<Hono<AppEnvironment>> {
  const { mailbox, notice } = await openMailbox(deps);
  return mailPageRoutes({ mailbox, notice, timeZone: deps.config.TIMEZONE }).get('/', (c) =>
    c.redirect('/docs'),
  );
}

async function openMailbox({
  config,
  log,
}: Pick<AppDependencies, 'config' | 'log'>): Promise<{ mailbox?: DevMailbox; notice?: string }> {
  if (config.SMTP_URL?.reveal() !== DEVELOPMENT_SMTP_URL) {
    return { notice: 'SMTP_URL is set, so mails go to that server. Unset it to receive them here.' };
  }
  const port = DEVELOPMENT_SMTP_PORT;
  try {
    const mailbox = await startDevMailbox({ port });
    log.info({ port }, 'development mailbox listening');
    return { mailbox };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    log.warn({ port }, 'the port of the development mailbox is taken: by another npm run dev, it seems');
    return { notice: `Port ${port} is taken by another npm run dev, it seems: mails go to its mailbox.` };
  }
}
