import { accountDeletions } from './accounts/account-deletions.js';
import { overdueReminders } from './agenda/overdue-reminders.js';
import { cryptoPrices } from './atlas/crypto-prices.js';
import { wealth } from './atlas/wealth.js';
import { backup } from './backup/backup.js';
import { backupVerify } from './backup/backup-verify.js';
import { followups } from './billing/followups.js';
import { clientsArchive } from './clients/clients-archive.js';
import { type AnyTask, PRODUCTS } from './define.js';
import { inboxSync } from './inbox/inbox-sync.js';
import { cleanupLogs } from './maintenance/cleanup-logs.js';
import { cleanupTemporary } from './maintenance/cleanup-temporary.js';
import { outbox } from './messages/outbox.js';
import { monitorAvailability } from './monitoring/availability.js';
import { monitorPerformance } from './monitoring/performance.js';
import { pricing } from './pricing/pricing.js';
import { reportDaily } from './reports/report-daily.js';
import { reportWeekly } from './reports/report-weekly.js';
import { statistics } from './statistics/statistics.js';
import { trialsExpire } from './trials/expire.js';
import { trialsNudge } from './trials/nudge.js';

/** Every task, in the order of the contract (section 2.1). */
export const tasks: AnyTask[] = [
  inboxSync,
  followups,
  accountDeletions,
  overdueReminders,
  outbox,
  cryptoPrices,
  wealth,
  backup,
  backupVerify,
  pricing,
  cleanupLogs,
  cleanupTemporary,
  monitorPerformance,
  monitorAvailability,
  reportDaily,
  reportWeekly,
  trialsExpire,
  trialsNudge,
  clientsArchive,
  statistics,
];

/**
 * The tasks that `TASKS` names, themselves or by product; all of them without it.
 * @throws {Error} naming what it does not know
 */
export function selectTasks(names: string[] | undefined): AnyTask[] {
  if (!names) return tasks;
  const known = new Set<string>([...PRODUCTS, ...tasks.map((task) => task.name)]);
  const unknown = names.filter((name) => !known.has(name));
  if (unknown.length > 0) {
    throw new Error(`TASKS: unknown ${unknown.join(', ')} (known: ${[...known].join(', ')})`);
  }
  return tasks.filter((task) =>
    [task.name, task.product, ...(task.alsoOf ?? [])].some((name) => names.includes(name)),
  );
}
