import type { BackupSettings, KeepRules } from './backups/settings.js';
import { type Binance, createBinance } from './clients/binance.js';
import { createEbay, type Ebay } from './clients/ebay.js';
import { createHealthchecks, type Healthchecks } from './clients/healthchecks.js';
import { createImap, type Imap } from './clients/imap.js';
import { createMail, type Mail } from './clients/mail.js';
import { createPostgresPrograms, type PostgresPrograms } from './clients/postgres-programs.js';
import { createSms, type Sms } from './clients/sms.js';
import type { Storage } from './clients/storage.js';
import { createFolderStorage } from './clients/storage-folder.js';
import { createS3Storage } from './clients/storage-s3.js';
import { createStripe, type Stripe } from './clients/stripe.js';
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
  binance: Binance;
  ebay?: Ebay;
  backups?: BackupSettings;
  programs: PostgresPrograms;
  verifyServer?: Secret;
  administrator?: string;
  tempPaths: readonly string[];
  nodeExporters: readonly Secret[];
  healthchecks?: Healthchecks;
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
  binance: [],
  ebay: ['EBAY_CLIENT_ID', 'EBAY_CLIENT_SECRET'],
  backups: [],
  programs: [],
  verifyServer: ['BACKUP_VERIFY_URL'],
  administrator: ['ADMIN_EMAIL'],
  tempPaths: [],
  nodeExporters: [],
  taskHealth: [],
};

/** Stands for the bucket outside production, beside the data of the embedded database. */
const STORAGE_FOLDER = '.data/storage';

/** What pg_dump and psql come with on Debian. */
const PROGRAMS_PACKAGE = 'postgresql-client';

const INSTALLED = createPostgresPrograms();

interface ServicesOptions {
  /** Of the service itself; commands that need none have none. */
  databaseUrl?: Secret | undefined;
  storageFolder?: string | undefined;
}

/** The only place where clients are built. */
export function createServices(config: Config, options: ServicesOptions = {}): Services {
  const { databaseUrl, storageFolder = STORAGE_FOLDER } = options;
  const vault = vaultOf(config);
  const mail = mailOf(config);
  const sms = smsOf(config);
  const storage = storageOf(config, storageFolder);
  const stripe = stripeOf(config);
  const ebay = ebayOf(config);
  const backups = backupsOf(config, databaseUrl);
  const healthchecks = healthchecksOf(config);
  const verifyServer = config.BACKUP_VERIFY_URL ?? (config.production ? undefined : databaseUrl);
  return {
    imap: createImap({ concurrency: config.INBOX_CONCURRENCY }),
    ...(vault && { vault }),
    ...(mail && { mail }),
    ...(sms && { sms }),
    ...(storage && { storage }),
    ...(stripe && { stripe }),
    binance: createBinance({ apiUrl: config.BINANCE_API_URL }),
    ...(ebay && { ebay }),
    ...(backups && { backups }),
    programs: INSTALLED,
    ...(verifyServer && { verifyServer }),
    ...(config.ADMIN_EMAIL && { administrator: config.ADMIN_EMAIL }),
    tempPaths: config.TEMP_PATHS ?? [],
    nodeExporters: config.NODE_EXPORTER_URLS ?? [],
    ...(healthchecks && { healthchecks }),
  };
}

/** Names the variables that a task lacks, and the package. */
export function missingVariables(
  config: Config,
  task: Pick<AnyTask, 'needs' | 'needsOneOf'>,
  programs: Pick<PostgresPrograms, 'has'> = INSTALLED,
): string[] {
  const missing = (need: Need) => missingFor(config, need);
  const lacking: string[] = task.needs.flatMap(missing);
  const [recommended, ...others] = task.needsOneOf ?? [];
  if (recommended && [recommended, ...others].every((need) => missing(need).length > 0))
    lacking.push(...missing(recommended));
  const installed = programs.has('pg_dump') && programs.has('psql');
  if (task.needs.includes('programs') && !installed) lacking.push(PROGRAMS_PACKAGE);
  return [...new Set(lacking)];
}

function missingFor(config: Config, need: Need): VariableName[] {
  const missing = VARIABLES[need].filter((name) => config[name] === undefined);
  if (need === 'verifyServer' && !config.production) return [];
  if (need !== 'storage') return missing;
  if (!config.S3_BUCKET) return config.production ? missing : [];
  // Both or neither: half a pair would silently be taken for the machine's own credentials.
  const pair = ['S3_ACCESS_KEY_ID', 'S3_SECRET_ACCESS_KEY'] as const;
  const absent = pair.filter((name) => config[name] === undefined);
  return absent.length === 1 ? absent : [];
}

function vaultOf(config: Config): Vault | undefined {
  const [current, ...older] = [config.ENCRYPTION_KEY, config.ENCRYPTION_KEY_PREVIOUS].filter(
    (key): key is Secret => key !== undefined,
  );
  return current && createVault([current, ...older]);
}

function mailOf({ SMTP_URL: url, MAIL_FROM: from, SMTP_CONCURRENCY: concurrency }: Config): Mail | undefined {
  return url && from ? createMail({ url, from, concurrency }) : undefined;
}

function smsOf(config: Config): Sms | undefined {
  const { TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN, TWILIO_FROM, TWILIO_API_URL } = config;
  if (!TWILIO_ACCOUNT_SID || !TWILIO_AUTH_TOKEN || !TWILIO_FROM) return undefined;
  return createSms({
    accountSid: TWILIO_ACCOUNT_SID,
    authToken: TWILIO_AUTH_TOKEN,
    from: TWILIO_FROM,
    apiUrl: TWILIO_API_URL,
  });
}

function storageOf(config: Config, folder: string): Storage | undefined {
  if (missingFor(config, 'storage').length > 0) return undefined;
  const { S3_BUCKET, S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY } = config;
  if (!S3_BUCKET) return createFolderStorage(folder);
  return createS3Storage({
    bucket: S3_BUCKET,
    endpoint: config.S3_ENDPOINT,
    region: config.S3_REGION,
    forcePathStyle: config.S3_FORCE_PATH_STYLE,
    credentials:
      S3_ACCESS_KEY_ID && S3_SECRET_ACCESS_KEY
        ? { accessKeyId: S3_ACCESS_KEY_ID, secretAccessKey: S3_SECRET_ACCESS_KEY }
        : undefined,
  });
}

function backupsOf(config: Config, databaseUrl: Secret | undefined): BackupSettings | undefined {
  const url = config.BACKUP_DATABASE_URL ?? databaseUrl;
  return (
    url && {
      url,
      name: config.BACKUP_NAME,
      prefix: config.BACKUP_PREFIX,
      schemas: config.BACKUP_SCHEMAS,
      keep: keepRules(config),
      recipient: config.BACKUP_AGE_RECIPIENT,
      identity: config.BACKUP_AGE_IDENTITY,
      extraPaths: config.BACKUP_EXTRA_PATHS ?? [],
    }
  );
}

export const keepRules = (config: Config): KeepRules => ({
  days: config.BACKUP_KEEP_DAYS,
  daily: config.BACKUP_KEEP_DAILY,
  weekly: config.BACKUP_KEEP_WEEKLY,
  monthly: config.BACKUP_KEEP_MONTHLY,
});

function stripeOf({ STRIPE_SECRET_KEY, STRIPE_API_URL }: Config): Stripe | undefined {
  return STRIPE_SECRET_KEY && createStripe({ secretKey: STRIPE_SECRET_KEY, apiUrl: STRIPE_API_URL });
}

function ebayOf(config: Config): Ebay | undefined {
  const { EBAY_CLIENT_ID: clientId, EBAY_CLIENT_SECRET: clientSecret } = config;
  if (!clientId || !clientSecret) return undefined;
  const { EBAY_API_URL: apiUrl, EBAY_MARKETPLACE: marketplace } = config;
  return createEbay({ apiUrl, clientId, clientSecret, marketplace });
}

function healthchecksOf({ HEALTHCHECKS_PING_KEY: key, HEALTHCHECKS_URL: url }: Config) {
  return key && createHealthchecks({ url, key });
}
