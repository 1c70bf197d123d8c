import { accountsEn } from './accounts.js';
import { alertsEn } from './alerts.js';
import { answersEn } from './answers.js';
import { archivingEn } from './archiving.js';
import { backupsEn } from './backups.js';
import { cryptoEn } from './crypto.js';
import { deliveryEn } from './delivery.js';
import { followupsEn } from './followups.js';
import type { Messages } from './index.js';
import { mailsEn } from './mails-en.js';
import { maintenanceEn } from './maintenance.js';
import { metricsEn } from './metrics.js';
import { monitorsEn } from './monitors.js';
import { performanceEn } from './performance-en.js';
import { pricingEn } from './pricing.js';
import { remindersEn } from './reminders.js';
import { reportsEn } from './reports-en.js';
import { statisticsEn } from './statistics.js';
import { tablesEn } from './tables.js';
import { thirdPartiesEn } from './third-parties.js';
import { trialsEn } from './trials.js';
import { watchEn } from './watch.js';
import { wealthEn } from './wealth.js';

const list = new Intl.ListFormat('en', { type: 'conjunction' });
const choice = new Intl.ListFormat('en', { type: 'disjunction' });

/** Names in capitals are variables, the others packages. */
function toDo(missing: string[]): string {
  const variables = missing.filter((name) => name === name.toUpperCase());
  const packages = missing.filter((name) => !variables.includes(name));
  return [
    ...(variables.length > 0 ? [`set ${list.format(variables)}`] : []),
    ...(packages.length > 0 ? [`install ${list.format(packages)}`] : []),
  ].join('; ');
}

export const en: Messages = {
  ...thirdPartiesEn,
  ...cryptoEn,
  ...pricingEn,
  tasks: {
    'inbox-sync': { success: 'Inbox synchronised successfully' },
    followups: { success: 'Automatic follow-ups processed' },
    'account-deletions': { success: 'Account deletions processed' },
    'overdue-reminders': { success: 'Overdue items and reminders checked' },
    'crypto-prices': { success: 'Crypto prices refreshed' },
    wealth: { success: 'Wealth recalculated' },
    backup: { success: 'Database backed up' },
    'backup-verify': { success: 'Backup verified' },
    pricing: { success: 'Pricing batch completed' },
    'cleanup-logs': { success: 'Logs cleaned up' },
    'cleanup-temporary': { success: 'Temporary data cleaned up' },
    'monitor-performance': { success: 'Performance check completed successfully' },
    'monitor-availability': { success: 'Availability check completed successfully' },
    'report-daily': { success: 'Daily report sent' },
    'report-weekly': { success: 'Weekly report sent' },
    'trials-expire': { success: 'Trials expired' },
    'trials-nudge': { success: 'Inactive trials nudged' },
    'clients-archive': { success: 'Inactive clients archived' },
    statistics: { success: 'Statistics refreshed' },
    outbox: { success: 'Pending messages delivered' },
  },
  delivery: deliveryEn,
  followups: followupsEn,
  mails: mailsEn,
  reminders: remindersEn,
  metrics: metricsEn,
  reports: reportsEn,
  backups: backupsEn,
  answers: answersEn,
  accounts: accountsEn,
  archiving: archivingEn,
  tables: tablesEn,
  trials: trialsEn,
  wealth: wealthEn,
  statistics: statisticsEn,
  maintenance: maintenanceEn,
  alerts: alertsEn,
  monitors: monitorsEn,
  performance: performanceEn,
  watch: watchEn,
  incidents: {
    taskFailed: (task) => `The task ${task} is failing`,
    diedTwice:
      'Twice in a row the process has died during this task: look for the cause in the logs of the service and of its host (out of memory, for example)',
  },
  run: {
    stillRunning: (seconds) => `This task has been running for ${seconds} s: nothing was started`,
    running: 'Still running: follow the Location header to learn how it ends',
    partial: (success, failed) => `${success}, but for ${failed} failed item${failed > 1 ? 's' : ''}`,
    disabled: (setting) => `Task disabled by the setting ${setting}`,
    timeLimit: (seconds) =>
      `The task passed its time limit of ${seconds} s and was stopped; the next call goes on where it stopped`,
    leaseLost:
      'The run lost its lease (database or process blocked for more than 60 s) and stopped; the next call goes on with its work',
    lost: 'The process that ran this task gave no sign of life; a later call took its work over',
    interrupted: 'The service is shutting down: the run was interrupted, the next call goes on with it',
    internal: (runId) => `Unexpected error: the log of run ${runId} names the cause`,
  },
  errors: {
    internal: 'Internal error: the service log names the cause',
    databaseUnavailable:
      'The database does not answer: check DATABASE_URL and that the PostgreSQL server is up',
    databaseFull:
      'The database has too many connections: PostgreSQL accepts no more; make the pools smaller (DATABASE_POOL_MAX, and those of other applications) or raise max_connections',
    migrationsPending:
      'The tables of Cronhook are missing or out of date: run "npx cronhook migrate" (npm start does it too)',
    shuttingDown: 'The service is shutting down: try again in a few seconds',
    forbidden: 'Missing or wrong secret',
    addressNotAllowed: (address) => `The address ${address} is not in CRON_ALLOWED_IPS`,
    notFound: 'There is nothing at this address',
    methodNotAllowed: (method, allowed) => `${method} is not accepted here; use ${choice.format(allowed)}`,
    notConfigured: (missing) => `Task not configured: ${toDo(missing)}`,
    bodyTooLarge: (kilobytes) => `The request body is larger than ${kilobytes} KB`,
    requestTooLarge: 'The request (address and headers) is too long',
    malformedRequest: 'The HTTP request is malformed',
    requestTimeout: 'The request did not arrive whole in time',
    invalidJson: 'The request body is not a valid JSON object',
    invalidForm: 'The request body is not a valid form',
    invalidBodyType: 'Send the body as application/json or as a form',
    parameterTwice: (name) => `The parameter ${name} is given more than once`,
    parameterUnknown: (names, known) =>
      `Unknown parameter: ${list.format(names)} (known: ${list.format(known)})`,
    parameterInvalid: (name, reason) => `${name}: ${reason}`,
    invalid: (problems) => `Invalid request: ${problems.join('; ')}`,
    runNotFound: (id) => `There is no run ${id}`,
    integrationNotFound: (id) => `There is no mailbox ${id}`,
    integrationExists: (email, id) => `The mailbox ${email} is registered already (${id})`,
  },
  expectations: {
    boolean: 'expected true or false',
    integerBetween: (min, max) => `expected a whole number from ${min} to ${max}`,
    oneOf: (values) => `expected ${values.join(', ')}`,
    required: 'required',
    invalid: 'invalid value',
    email: 'expected an e-mail address',
    host: 'expected a host name or an IP address',
    url: 'expected an https:// address',
    uuid: 'expected a UUID',
    notEmpty: 'must not be empty',
    tooLong: (max) => `no more than ${max} characters`,
    passwordOrOauth: 'give either password or oauth',
    dayOrMoment: 'expected a day YYYY-MM-DD or a moment in ISO 8601 (2026-11-21T14:00:00Z)',
    unknownField: 'unknown field',
  },
  imap: {
    hostNotFound: (host) => `The server ${host} cannot be found: check the host name`,
    refused: (host, port) =>
      `${host} refuses connections on port ${port}: check the port and that the IMAP server is up`,
    timeout: (host, port) =>
      `${host}:${port} does not answer in time: check the host, the port and the tls mode`,
    closed: (host, port) => `${host}:${port} closed the connection: the next call tries again`,
    wrongTlsMode: (host, port) =>
      `${host}:${port} does not speak TLS from the start: try tls "starttls" (often port 143) or port 993`,
    startTlsMissing: (host, port) =>
      `${host}:${port} does not offer STARTTLS: try tls "implicit" (often port 993)`,
    tlsRequired: (host) => `${host} insists on an encrypted connection: use tls "implicit" or "starttls"`,
    certificate: (host, reason) =>
      `The certificate of ${host} is not valid (${reason}): use the name written in it, or add its authority with NODE_EXTRA_CA_CERTS`,
    credentials: (username) =>
      `Login refused for ${username}: check the user name and the password (or app password)`,
    credentialsOauth: (username) =>
      `The server refuses the OAuth token of ${username}: renew the authorisation`,
    notImap: (host, port) =>
      `${host}:${port} does not answer like an IMAP server: check the host and the port`,
    server: (detail) => `The IMAP server answered: ${detail}`,
    unexpected: 'The IMAP exchange broke off: the next call tries again',
    backOff: (time, failures, last) =>
      `Next try after ${time} (${failures} failure(s) in a row); the last one: ${last}`,
    secretUnreadable:
      'The stored secret does not decrypt with ENCRYPTION_KEY: restore the key, or give the old one as ENCRYPTION_KEY_PREVIOUS; else renew the secret with POST /inbox/integrations/{id}/credentials',
    folder: (path, reason) => `Folder ${path}: ${reason}`,
    unreadable: (uid) => `Message ${uid} cannot be read over IMAP: only its headers were kept`,
  },
  oauth: {
    unreachable: (host) => `The authorisation server ${host} does not answer: the next call tries again`,
    revoked: (detail) =>
      `The OAuth token is no longer accepted (${detail}): renew the authorisation with POST /inbox/integrations/{id}/credentials`,
    refused: (host, detail) => `The authorisation server ${host} refused: ${detail}`,
  },
};
