import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { EBAY_MARKETPLACES } from './clients/ebay-marketplaces.js';
import * as field from './config-fields.js';
import { LOCALES } from './locales/index.js';
import { Secret } from './secret.js';
import { selectTasks } from './tasks/index.js';

/** The environment of the contract (section 5). What has no default may be missing. */
const environment = z.object({
  NODE_ENV: field.text().default('production'),
  PORT: field.integer(0, 65_535).default(3000),
  HOST: field.text().optional(),
  TASKS: field.list().optional(),
  RESPONSE_WAIT_SECONDS: field.integer(0, 3600).default(25),
  CRON_ALLOWED_IPS: field.addressRanges().optional(),
  TRUST_PROXY: field.integer(0, 10).default(0),
  DATABASE_URL: field.postgresUrl().optional(),
  DATABASE_POOL_MAX: field.integer(2, 1000).default(10),
  CRON_SECRET: field.secret().optional(),
  CRON_SECRET_PREVIOUS: field.secret().optional(),
  ENCRYPTION_KEY: field.encryptionKey().optional(),
  ENCRYPTION_KEY_PREVIOUS: field.encryptionKey().optional(),
  PUBLIC_URL: field.httpUrl().optional(),
  APP_URL: field.httpUrl().optional(),
  LOCALE: z.enum(LOCALES, 'expected fr or en').default('fr'),
  TIMEZONE: field.timeZone().default('Europe/Paris'),
  LOG_LEVEL: z
    .enum(
      ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'],
      'expected debug, info, warn, error or silent',
    )
    .default('info'),
  LOG_FORMAT: z.enum(['json', 'pretty'], 'expected json or pretty').optional(),
  ADMIN_EMAIL: field.address().optional(),
  ADMIN_SMS: field.phoneNumber().optional(),
  ADMIN_USER: field.text().optional(),
  ADMIN_PASSWORD: field.secret().optional(),
  SMTP_URL: field.smtpUrl().optional(),
  MAIL_FROM: field.sender().optional(),
  TWILIO_ACCOUNT_SID: field.text().optional(),
  TWILIO_AUTH_TOKEN: field.secret().optional(),
  TWILIO_FROM: field.text().optional(),
  TWILIO_API_URL: field.httpUrl().default('https://api.twilio.com'),
  S3_BUCKET: field.text().optional(),
  S3_ENDPOINT: field.httpUrl().optional(),
  S3_REGION: field.text().optional(),
  S3_ACCESS_KEY_ID: field.text().optional(),
  S3_SECRET_ACCESS_KEY: field.secret().optional(),
  S3_FORCE_PATH_STYLE: field.boolean().optional(),
  BACKUP_DATABASE_URL: field.postgresUrl().optional(),
  BACKUP_NAME: field.text().optional(),
  BACKUP_PREFIX: field.keyPrefix().default('backups/database'),
  BACKUP_KEEP_DAYS: field.integer(0, 36_500).default(1),
  BACKUP_KEEP_DAILY: field.integer(0, 36_500).default(7),
  BACKUP_KEEP_WEEKLY: field.integer(0, 5200).default(4),
  BACKUP_KEEP_MONTHLY: field.integer(0, 1200).default(12),
  BACKUP_SCHEMAS: field.names().optional(),
  BACKUP_AGE_RECIPIENT: field.ageRecipient().optional(),
  BACKUP_AGE_IDENTITY: field.ageIdentity().optional(),
  BACKUP_EXTRA_PATHS: field.names().optional(),
  BACKUP_VERIFY_URL: field.postgresUrl().optional(),
  BINANCE_API_URL: field.httpUrl().default('https://data-api.binance.vision'),
  EBAY_API_URL: field.httpUrl().default('https://api.ebay.com'),
  EBAY_CLIENT_ID: field.text().optional(),
  EBAY_CLIENT_SECRET: field.secret().optional(),
  EBAY_MARKETPLACE: z
    .enum(EBAY_MARKETPLACES, `expected one of ${EBAY_MARKETPLACES.join(', ')}`)
    .default('EBAY_FR'),
  PORTAINER_URL: field.httpUrl().optional(),
  PORTAINER_API_KEY: field.secret().optional(),
  PORTAINER_ENDPOINT_ID: field.integer(1, 1_000_000).default(1),
  STACK_TEMPLATE: field.text().optional(),
  STACK_PORT_RANGE: field.text().default('8100-8999'),
  STACK_URL_TEMPLATE: field.text().optional(),
  STACK_USAGE_PATH: field.text().default('/api/usage'),
  NODE_EXPORTER_URLS: field.httpUrls().optional(),
  STRIPE_SECRET_KEY: field.secret().optional(),
  STRIPE_API_URL: field.httpUrl().default('https://api.stripe.com'),
  TEMP_PATHS: field.names().optional(),
  HEALTHCHECKS_PING_KEY: field.secret().optional(),
  HEALTHCHECKS_URL: field.httpUrl().default('https://hc-ping.com'),
  CRON_JOB_ORG_API_KEY: field.secret().optional(),
  CRON_JOB_ORG_API_URL: field.httpUrl().optional(),
  INBOX_CONCURRENCY: field.integer(1, 64).default(4),
  SMTP_CONCURRENCY: field.integer(1, 64).default(4),
  SHUTDOWN_GRACE_SECONDS: field.integer(0, 3600).default(25),
});

type Environment = z.output<typeof environment>;
export type VariableName = keyof Environment;

export type Config = Environment & {
  /** Whatever is not development or test. */
  production: boolean;
  HOST: string | undefined;
  PUBLIC_URL: string;
  APP_URL: string;
};

export const VARIABLES = Object.keys(environment.shape) as VariableName[];

const MINIMUM_SECRET_LENGTH = 32;

/** Known to everybody who reads this file: it protects nothing and never serves in production. */
const DEVELOPMENT_ENCRYPTION_KEY = Buffer.from('cronhook development key, public').toString('base64');

/** Where `npm run dev` listens for mails, so that a command in another terminal finds the same mailbox. */
export const DEVELOPMENT_SMTP_PORT = 3125;
/** Its mails stay in that mailbox. */
const DEVELOPMENT_ADMIN_EMAIL = 'admin@cronhook.example';
export const DEVELOPMENT_SMTP_URL = `smtp://127.0.0.1:${DEVELOPMENT_SMTP_PORT}`;
const DEVELOPMENT_MAIL_FROM = 'Cronhook <cronhook@atelier-moreau.example>';

/** Every problem of the environment at once, each with its variable's name. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(readonly problems: string[]) {
    super(['The configuration is not valid:', ...problems.map((problem) => `  - ${problem}`)].join('\n'));
  }
}

export interface LoadOptions {
  /** What production requires and a command does without: after a disaster there may be a bucket, and no more. */
  without?: ('DATABASE_URL' | 'CRON_SECRET')[];
}

/**
 * Reads and checks the environment. Pure but for the files that `NAME_FILE` variables name.
 * @throws {ConfigError} naming every problem
 */
export function loadConfig(
  env: NodeJS.ProcessEnv,
  readSecretFile = readText,
  { without = [] }: LoadOptions = {},
): Config {
  const problems: string[] = [];
  const given = readVariables(env, readSecretFile, problems);
  const parsed = environment.safeParse(given);
  for (const issue of parsed.error?.issues ?? []) problems.push(`${issue.path.join('.')}: ${issue.message}`);
  const production = !['development', 'test'].includes(given.NODE_ENV ?? 'production');
  problems.push(...unknownTasks(given), ...missingSecrets(given, production, without));
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems);
  const values = parsed.data;
  // Railway names the domain it has given the service.
  const railwayDomain = env.RAILWAY_PUBLIC_DOMAIN?.trim();
  const fallback = railwayDomain ? `https://${railwayDomain}` : `http://localhost:${values.PORT}`;
  const publicUrl = values.PUBLIC_URL ?? fallback;
  return {
    ...values,
    ...developmentMail(values),
    production,
    HOST: values.HOST,
    ENCRYPTION_KEY:
      values.ENCRYPTION_KEY ?? (production ? undefined : new Secret(DEVELOPMENT_ENCRYPTION_KEY)),
    PUBLIC_URL: publicUrl,
    APP_URL: values.APP_URL ?? publicUrl,
  };
}

/** Not in tests, which start servers of their own; and no made-up sender for a server that somebody has set. */
function developmentMail({ NODE_ENV, SMTP_URL, MAIL_FROM, ADMIN_EMAIL }: Environment): Partial<Environment> {
  if (NODE_ENV !== 'development' || SMTP_URL) return {};
  return {
    SMTP_URL: new Secret(DEVELOPMENT_SMTP_URL),
    MAIL_FROM: MAIL_FROM ?? DEVELOPMENT_MAIL_FROM,
    ADMIN_EMAIL: ADMIN_EMAIL ?? DEVELOPMENT_ADMIN_EMAIL,
  };
}

type Given = Partial<Record<VariableName, string>>;

const readText = (path: string): string => readFileSync(path, 'utf8');

/** An empty value counts as unset; `NAME_FILE` names a file that holds the value. */
function readVariables(
  env: NodeJS.ProcessEnv,
  readSecretFile: (path: string) => string,
  problems: string[],
): Given {
  const given: Given = {};
  for (const name of VARIABLES) {
    const value = env[name]?.trim();
    const file = env[`${name}_FILE`]?.trim();
    if (value && file) problems.push(`${name}: given both here and by ${name}_FILE; keep one of them`);
    else if (value) given[name] = value;
    else if (file) {
      try {
        const content = readSecretFile(file).trim();
        if (content) given[name] = content;
        else problems.push(`${name}_FILE: the file ${file} is empty`);
      } catch (error) {
        problems.push(
          `${name}_FILE: cannot read ${file} (${(error as NodeJS.ErrnoException).code ?? 'error'})`,
        );
      }
    }
  }
  return given;
}

function unknownTasks({ TASKS }: Given): string[] {
  try {
    selectTasks(TASKS === undefined ? undefined : field.list().parse(TASKS));
    return [];
  } catch (error) {
    return [(error as Error).message];
  }
}

function missingSecrets(given: Given, production: boolean, without: string[]): string[] {
  const problems: string[] = [];
  if (given.CRON_SECRET_PREVIOUS && !given.CRON_SECRET) {
    problems.push('CRON_SECRET: missing, although CRON_SECRET_PREVIOUS is set');
  }
  if (given.ENCRYPTION_KEY_PREVIOUS && !given.ENCRYPTION_KEY) {
    problems.push('ENCRYPTION_KEY: missing, although ENCRYPTION_KEY_PREVIOUS is set');
  }
  if (!production) return problems;
  if (!given.DATABASE_URL && !without.includes('DATABASE_URL'))
    problems.push('DATABASE_URL: required in production (NODE_ENV is neither development nor test)');
  if (!given.CRON_SECRET && !without.includes('CRON_SECRET')) {
    problems.push('CRON_SECRET: required in production; make one with: npx cronhook secret');
  }
  for (const name of ['CRON_SECRET', 'CRON_SECRET_PREVIOUS'] as const) {
    const value = given[name];
    if (value && value.length < MINIMUM_SECRET_LENGTH) {
      problems.push(
        `${name}: at least ${MINIMUM_SECRET_LENGTH} characters in production; make one with: npx cronhook secret`,
      );
    }
  }
  return problems;
}
