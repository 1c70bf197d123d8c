import { z } from 'zod';
import { addDays, localDay } from '../../calendar.js';
import { formatLongDay } from '../../messages/format-calendar.js';
import { withPicturesInside } from '../../messages/inside-pictures.js';
import { booleanParameter } from '../../parameters.js';
import { defineTask } from '../define.js';
import { composeDaily, REPORT_DAILY, reportedDay } from './daily.js';
import { reportContext } from './edition.js';
import type { Archive } from './keep.js';
import { yearBefore } from './periods.js';
import { sendIssue } from './send.js';
import { unsentReport } from './unsent.js';

const NAME = REPORT_DAILY;
const PREFIX = 'reports/daily/';
/** Copies that a storage was away for are made up for so long. */
const RECENT_DAYS = 7;

export const reportDaily = defineTask({
  name: NAME,
  path: '/reports/daily',
  schedule: '0 8 * * *',
  product: 'talos',
  summary: 'Mail yesterday’s numbers to the administrator, beside the day before and the same day last week',
  success: (t) => t.tasks[NAME].success,
  undone: unsentReport,
  timeoutMs: 300_000,
  needs: ['db', 'mail', 'administrator', 'taskHealth'],
  uses: ['storage', 'vault'],
  input: z.object({ preview: booleanParameter().optional() }),
  async run(context) {
    const { now, site } = context;
    const day = reportedDay(now(), site.timeZone);
    return sendIssue(context, {
      task: NAME,
      period: day,
      compose: (reporting) => composeDaily(reporting, day),
      already: (t) => t.reports.editions.daily.already(formatLongDay(day, site.locale)),
      archive: archiveOf(localDay(now(), site.timeZone)),
    });
  },
  async preview(context) {
    const day = reportedDay(context.now(), context.site.timeZone);
    const { html, attachments } = await composeDaily(reportContext(context), day);
    return withPicturesInside(html, attachments);
  },
});

const archiveOf = (today: string): Archive => ({
  prefix: PREFIX,
  recent: Array.from({ length: RECENT_DAYS }, (_, index) => addDays(today, -1 - index)),
  keyOf: (day) => `${PREFIX}${day.slice(0, 4)}/${day}.html`,
  dayOf: (key) => /^reports\/daily\/\d{4}\/(\d{4}-\d{2}-\d{2})\.html$/.exec(key)?.[1],
  keptFrom: yearBefore(today),
});
