import { createImap, type Imap } from './clients/imap.js';
import type { Mail } from './clients/mail.js';
import type { Sms } from './clients/sms.js';
import type { Storage } from './clients/storage.js';
import type { Stripe } from './clients/stripe.js';
import { createVault, type Vault } from './clients/vault.js';
import type { Config, VariableName } from './config.js';
import type { Secret } from './secret.js';
import type { AnyTask, Need } from './tasks/define.js';

/** The third parties and keys that are configured. */
export interface Services {
  imap: Imap;
  vault?: Vault;
  mail?: Mail;
  sms?: Sms;
  storage?: Storage;
  stripe?: Stripe;
}

/** The variables that each need stands on. */
const VARIABLES: Record<Need, VariableName[]> = {
  db: [],
  imap: [],
  vault: ['ENCRYPTION_KEY'],
  mail: ['SMTP_URL', 'MAIL_FROM'],
  sms: ['TWILIO_ACCOUNT_SID', 'TWILIO_AUTH_TOKEN', 'TWILIO_FROM'],
  storage: ['S3_BUCKET'],
  stripe: ['STRIPE_SECRET_KEY'],
};

/** The only place where clients are built. */
export function createServices(config: Config): Services {
  const vault = vaultOf(config);
  return { imap: createImap({ concurrency: config.INBOX_CONCURRENCY }), ...(vault && { vault }) };
}

/** Names the variables that a task lacks. */
export function missingVariables(
  config: Config,
  task: Pick<AnyTask, 'needs' | 'uses' | 'needsOneUse'>,
): VariableName[] {
  const missing = (need: Need) => VARIABLES[need].filter((name) => config[name] === undefined);
  const lacking = task.needs.flatMap(missing);
  const uses = task.uses ?? [];
  // Any of them would do: the first is the one to recommend.
  const [recommended] = uses;
  if (task.needsOneUse && recommended && uses.every((need) => missing(need).length > 0))
    lacking.push(...missing(recommended));
  return [...new Set(lacking)];
}

function vaultOf(config: Config): Vault | undefined {
  const [current, ...older] = [config.ENCRYPTION_KEY, config.ENCRYPTION_KEY_PREVIOUS].filter(
    (key): key is Secret => key !== undefined,
  );
  return current && createVault([current, ...older]);
}
