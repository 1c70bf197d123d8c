import { sql } from 'drizzle-orm';
import type { AppDependencies } from '../routes/environment.js';
import { sealPassword } from '../tasks/inbox/credentials.js';
import { startSampleImapServer } from './imap-server.js';
import { addAtlasSample } from './sample/atlas.js';
import { addCardsSample } from './sample/cards.js';
import { addLokarioSample } from './sample/lokario.js';
import { addMonitorsSample } from './sample/monitors.js';
import { addTalosSample } from './sample/talos.js';
import { sampleFolders } from './sample-mails.js';

const COMPANY_ID = '0a000000-0000-4000-8000-000000000001';
const MAILBOX_ID = '0a000000-0000-4000-8000-000000000002';
const MAILBOX = { username: 'contact@atelier-moreau.example', password: 'atelier' };
/** Any port would do, but the same one spares the integration a change at every start. */
const IMAP_PORT = 3143;

const USERS = [
  { email: 'claire@atelier-moreau.example', name: 'Claire Moreau', role: 'owner' },
  { email: 'hugo@atelier-moreau.example', name: 'Hugo Lefèvre', role: 'admin' },
  { email: 'ines@atelier-moreau.example', name: 'Inès Benali', role: 'member' },
];

/** A small firm with its users, their wealth, and its mailbox on an IMAP server inside this process. Repeating it changes nothing. */
export async function addSampleData(deps: AppDependencies): Promise<void> {
  const { db, services, log } = deps;
  const server = await startImapServer(log);
  await db.rows(sql`
    insert into cronhook.companies (id, name, email, plan, status)
    values (${COMPANY_ID}::uuid, 'Atelier Moreau', ${MAILBOX.username}, 'pro', 'active') on conflict do nothing
  `);
  for (const user of USERS) {
    await db.rows(sql`
      insert into cronhook.users (company_id, email, name, role)
      values (${COMPANY_ID}::uuid, ${user.email}, ${user.name}, ${user.role}) on conflict do nothing
    `);
  }
  const [owner, admin, member] = USERS.map(({ email }) => email) as [string, string, string];
  await addLokarioSample(deps, { id: COMPANY_ID, replyTo: MAILBOX.username, owner, admin, member });
  await addAtlasSample(deps, [owner, admin]);
  await addCardsSample(deps);
  await addTalosSample(deps);
  await addMonitorsSample(deps);
  if (!services.vault) return;
  const sealed = sealPassword(services.vault, MAILBOX_ID, MAILBOX.password);
  await db.rows(sql`
    insert into cronhook.inbox_integrations (id, company_id, email, host, port, tls, username, secret_encrypted)
    values (${MAILBOX_ID}::uuid, ${COMPANY_ID}::uuid, ${MAILBOX.username}, ${server.host}, ${server.port}, 'none',
      ${MAILBOX.username}, ${sealed})
    on conflict (id) do update set port = excluded.port, secret_encrypted = excluded.secret_encrypted,
      consecutive_failures = 0, next_attempt_at = null, last_error = null
  `);
  log.info({ host: server.host, port: server.port, ...MAILBOX }, 'sample IMAP server listening');
}

async function startImapServer(log: AppDependencies['log']): Promise<{ host: string; port: number }> {
  const accounts = [{ ...MAILBOX, folders: sampleFolders() }];
  try {
    return await startSampleImapServer({ port: IMAP_PORT, accounts });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    log.warn(
      { port: IMAP_PORT },
      'the port of the sample IMAP server is taken: by another npm run dev, it seems',
    );
    return { host: '127.0.0.1', port: IMAP_PORT };
  }
}
