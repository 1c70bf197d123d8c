import { z } from 'zod';
import { localDay } from '../../calendar.js';
import { deliverAlerts } from '../../incidents/deliver-alerts.js';
import { defineTask, type RunContext } from '../define.js';
import { unlessItFails } from '../unless-it-fails.js';
import { alertOfBusiness } from './alerts.js';
import { oddRows } from './odd-rows.js';
import { refreshStatistics } from './refresh.js';
import { refreshViews } from './views.js';

export const statistics = defineTask({
  name: 'statistics',
  path: '/statistics/refresh',
  schedule: '0 * * * *',
  product: 'talos',
  summary: 'Bring the KPIs by hour, day, week and month up to date, and alert when the business goes wrong',
  success: (t) => t.tasks.statistics.success,
  timeoutMs: 600_000,
  needs: ['db'],
  uses: ['mail', 'sms', 'vault'],
  input: z.object({}),
  async run(context) {
    const tally = context.dryRun ? foresee(context) : await refreshStatistics(context);
    const odd = await oddRows(context);
    // The numbers stand: what fails from here on takes nothing from them.
    // Numbers of long ago say nothing of today.
    const alerts =
      tally.remainingDays === 0
        ? await unlessItFails(context, 'alerts', () => alertOfBusiness(context))
        : undefined;
    const viewsRefreshed = await refreshViews(context);
    const { sent } = await deliverAlerts(context);
    return { ...tally, ...odd, viewsRefreshed, ...alerts, sent };
  },
});

function foresee({ would, now, site }: RunContext<unknown>) {
  would('statistics', { action: 'refresh what is not final', upTo: localDay(now(), site.timeZone) });
  return { days: 0, remainingDays: 0, values: 0 };
}
