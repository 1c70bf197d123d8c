import type { AccountTexts } from './accounts.js';
import type { AlertTexts } from './alerts.js';
import type { AnswerTexts } from './answers.js';
import type { ArchivingTexts } from './archiving.js';
import type { BackupTexts } from './backups.js';
import type { CryptoTexts } from './crypto.js';
import type { DeliveryTexts } from './delivery.js';
import { en } from './en.js';
import type { FollowupTexts } from './followups.js';
import { fr } from './fr.js';
import type { MailTexts } from './mails.js';
import type { MaintenanceTexts } from './maintenance.js';
import type { MetricTexts } from './metrics.js';
import type { MonitorTexts } from './monitors.js';
import type { PerformanceTexts } from './performance.js';
import type { PricingTexts } from './pricing.js';
import type { ReminderTexts } from './reminders.js';
import type { ReportTexts } from './reports.js';
import type { StatisticsTexts } from './statistics.js';
import type { TableTexts } from './tables.js';
import type { ThirdPartyTexts } from './third-parties.js';
import type { TrialsTexts } from './trials.js';
import type { WatchTexts } from './watch.js';
import type { WealthTexts } from './wealth.js';

/** Every text a person may read, once in each language. */
export interface Messages extends ThirdPartyTexts, CryptoTexts, PricingTexts {
  /** By task name: the message of the contract (section 2.1). */
  tasks: Record<
    | 'inbox-sync'
    | 'followups'
    | 'account-deletions'
    | 'overdue-reminders'
    | 'outbox'
    | 'wealth'
    | 'crypto-prices'
    | 'backup'
    | 'backup-verify'
    | 'pricing'
    | 'cleanup-logs'
    | 'cleanup-temporary'
    | 'monitor-performance'
    | 'monitor-availability'
    | 'report-daily'
    | 'report-weekly'
    | 'trials-expire'
    | 'trials-nudge'
    | 'clients-archive'
    | 'statistics',
    { success: string }
  >;
  delivery: DeliveryTexts;
  followups: FollowupTexts;
  mails: MailTexts;
  reminders: ReminderTexts;
  metrics: MetricTexts;
  reports: ReportTexts;
  backups: BackupTexts;
  answers: AnswerTexts;
  accounts: AccountTexts;
  archiving: ArchivingTexts;
  tables: TableTexts;
  trials: TrialsTexts;
  wealth: WealthTexts;
  statistics: StatisticsTexts;
  maintenance: MaintenanceTexts;
  alerts: AlertTexts;
  monitors: MonitorTexts;
  performance: PerformanceTexts;
  watch: WatchTexts;
  incidents: { taskFailed(task: string): string; diedTwice: string };
  run: {
    stillRunning(seconds: number): string;
    running: string;
    partial(success: string, failed: number): string;
    disabled(setting: string): string;
    timeLimit(seconds: number): string;
    leaseLost: string;
    lost: string;
    interrupted: string;
    internal(runId: string): string;
  };
  errors: {
    internal: string;
    databaseUnavailable: string;
    databaseFull: string;
    migrationsPending: string;
    shuttingDown: string;
    forbidden: string;
    addressNotAllowed(address: string): string;
    notFound: string;
    methodNotAllowed(method: string, allowed: string[]): string;
    /** Variables to set and packages to install. */
    notConfigured(missing: string[]): string;
    bodyTooLarge(kilobytes: number): string;
    requestTooLarge: string;
    malformedRequest: string;
    requestTimeout: string;
    invalidJson: string;
    invalidForm: string;
    invalidBodyType: string;
    parameterTwice(name: string): string;
    parameterUnknown(names: string[], known: string[]): string;
    parameterInvalid(name: string, reason: string): string;
    invalid(problems: string[]): string;
    runNotFound(id: string): string;
    integrationNotFound(id: string): string;
    integrationExists(email: string, id: string): string;
  };
  expectations: {
    boolean: string;
    integerBetween(min: number, max: number): string;
    oneOf(values: string[]): string;
    required: string;
    invalid: string;
    email: string;
    host: string;
    url: string;
    uuid: string;
    notEmpty: string;
    tooLong(max: number): string;
    passwordOrOauth: string;
    dayOrMoment: string;
    unknownField: string;
  };
  imap: {
    hostNotFound(host: string): string;
    refused(host: string, port: number): string;
    timeout(host: string, port: number): string;
    closed(host: string, port: number): string;
    wrongTlsMode(host: string, port: number): string;
    startTlsMissing(host: string, port: number): string;
    tlsRequired(host: string): string;
    certificate(host: string, reason: string): string;
    credentials(username: string): string;
    credentialsOauth(username: string): string;
    notImap(host: string, port: number): string;
    server(detail: string): string;
    unexpected: string;
    backOff(time: string, failures: number, last: string): string;
    secretUnreadable: string;
    folder(path: string, reason: string): string;
    unreadable(uid: number): string;
  };
  oauth: {
    unreachable(host: string): string;
    revoked(detail: string): string;
    refused(host: string, detail: string): string;
  };
}

export const LOCALES = ['fr', 'en'] as const;
export type Locale = (typeof LOCALES)[number];

export const messagesFor = (locale: Locale): Messages => (locale === 'fr' ? fr : en);
