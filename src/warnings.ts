import type { Config, VariableName } from './config.js';
import type { Database } from './db/client.js';
import { isSuppressed } from './db/outbox.js';
import { refusalCode, tableProblem } from './db/table-problem.js';
import { missingVariables } from './services.js';
import type { AnyTask } from './tasks/define.js';
import { NeverCleaned } from './tasks/maintenance/never-cleaned.js';
import { openTempFolder } from './tasks/maintenance/temp-folder.js';

/** What is valid, and yet not what somebody would want: each says what to set. */
export function configurationWarnings(config: Config, tasks: AnyTask[]): string[] {
  const warnings: string[] = [];
  if (!config.production && !config.CRON_SECRET)
    warnings.push('CRON_SECRET is not set: every endpoint is open');
  const isLocal = ['localhost', '127.0.0.1'].includes(new URL(config.PUBLIC_URL).hostname);
  if (config.production && config.SMTP_URL && isLocal)
    warnings.push(`PUBLIC_URL is not set: links in mails lead to ${config.PUBLIC_URL}`);
  const deletes = tasks.some(({ name }) => name === 'account-deletions');
  if (config.production && deletes && !config.S3_BUCKET)
    warnings.push(
      'S3_BUCKET is not set: no erasure is kept, and a restored backup brings deleted accounts back',
    );
  for (const { channel, uses, lacks } of halfChannels(config))
    warnings.push(
      `no alert leaves by ${channel}: beside ${uses.join(', ')}, ${lacks.join(', ')} must be set too`,
    );
  const lacking = new Map<string, string[]>();
  for (const task of tasks) {
    const missing = missingVariables(config, task).join(', ');
    if (missing) lacking.set(missing, [...(lacking.get(missing) ?? []), task.name]);
  }
  for (const [missing, names] of lacking) warnings.push(`cannot run without ${missing}: ${names.join(', ')}`);
  return warnings;
}

/** Channels of the alerts of which only some variables are set. */
export function halfChannels(config: Config): { channel: 'mail' | 'SMS'; uses: string[]; lacks: string[] }[] {
  return Object.entries(ALERT_VARIABLES).flatMap(([channel, variables]) => {
    const uses = variables.filter((name) => config[name] !== undefined);
    const lacks = variables.filter((name) => config[name] === undefined);
    const half = { channel: channel as keyof typeof ALERT_VARIABLES, uses, lacks };
    return uses.length > 0 && lacks.length > 0 ? [half] : [];
  });
}

const ALERT_VARIABLES = {
  mail: ['SMTP_URL', 'ADMIN_EMAIL'],
  SMS: ['TWILIO_ACCOUNT_SID', 'TWILIO_AUTH_TOKEN', 'TWILIO_FROM', 'ADMIN_SMS'],
} as const satisfies Record<string, readonly VariableName[]>;

/** Folders of TEMP_PATHS that `cleanup-temporary` will refuse. */
export async function tempPathWarnings({ TEMP_PATHS = [] }: Config, tasks: AnyTask[]): Promise<string[]> {
  if (TEMP_PATHS.length === 0 || !tasks.some(({ name }) => name === 'cleanup-temporary')) return [];
  const never = await NeverCleaned.find();
  const warnings: string[] = [];
  for (const path of TEMP_PATHS) {
    const folder = await openTempFolder(path, never).catch((error: Error) => error);
    if (folder instanceof Error) warnings.push(`${path}: ${folder.message}`);
    else await folder.close();
  }
  return warnings;
}

/** What the database holds and nobody would want: alerts that reach nobody. */
export async function administratorWarnings({ ADMIN_EMAIL }: Config, db: Database): Promise<string[]> {
  if (!ADMIN_EMAIL) return [];
  try {
    if (!(await isSuppressed(db, ADMIN_EMAIL))) return [];
    return [
      `ADMIN_EMAIL (${ADMIN_EMAIL}) is in suppressed_addresses and gets no alert: delete its row there`,
    ];
  } catch (error) {
    if (refusalCode(error) === undefined) throw error;
    const use = { tables: ['suppressed_addresses'], privilege: 'select' } as const;
    return [(await tableProblem(db.query, use, error)).message];
  }
}
