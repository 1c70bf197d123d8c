import { z } from 'zod';
import { addDays } from '../../calendar.js';
import { withPicturesInside } from '../../messages/inside-pictures.js';
import { booleanParameter } from '../../parameters.js';
import { defineTask } from '../define.js';
import { reportContext } from './edition.js';
import type { Archive } from './keep.js';
import { isoWeek, mondayOfIsoWeek, yearBefore } from './periods.js';
import { sendIssue } from './send.js';
import { unsentReport } from './unsent.js';
import { composeWeekly, REPORT_WEEKLY, reportMonday, weekBefore, weekName } from './weekly.js';

const NAME = REPORT_WEEKLY;
const PREFIX = 'reports/weekly/';
/** Copies that a storage was away for are made up for so long. */
const RECENT_WEEKS = 4;

export const reportWeekly = defineTask({
  name: NAME,
  path: '/reports/weekly',
  schedule: '0 9 * * 1',
  product: 'talos',
  summary:
    'Mail last week’s numbers, charts and targets to the administrator, at a month’s end the month too',
  success: (t) => t.tasks[NAME].success,
  undone: unsentReport,
  timeoutMs: 300_000,
  needs: ['db', 'mail', 'administrator', 'taskHealth'],
  uses: ['storage', 'vault'],
  input: z.object({ preview: booleanParameter().optional() }),
  async run(context) {
    const { now, site } = context;
    const monday = reportMonday(now(), site.timeZone);
    return sendIssue(context, {
      task: NAME,
      period: monday,
      compose: (reporting) => composeWeekly(reporting, monday),
      already: (t) => t.reports.editions.weekly.already(weekName(weekBefore(monday), context)),
      archive: archiveOf(monday),
    });
  },
  async preview(context) {
    const monday = reportMonday(context.now(), context.site.timeZone);
    const { html, attachments } = await composeWeekly(reportContext(context), monday);
    return withPicturesInside(html, attachments);
  },
});

/** Mails go by the Monday that they are due on, copies by the week that they tell of. */
const archiveOf = (monday: string): Archive => ({
  prefix: PREFIX,
  recent: Array.from({ length: RECENT_WEEKS }, (_, index) => addDays(monday, -7 * index)),
  keyOf: (due) => {
    const week = isoWeek(weekBefore(due));
    return `${PREFIX}${week.slice(0, 4)}/${week}.html`;
  },
  dayOf: (key) => mondayOfIsoWeek(/^reports\/weekly\/\d{4}\/(\d{4}-W\d{2})\.html$/.exec(key)?.[1] ?? ''),
  keptFrom: yearBefore(weekBefore(monday)),
});
