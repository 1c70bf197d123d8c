import { sql } from 'drizzle-orm';
import { uptimeBetween } from '../../db/uptime.js';
import { formatDuration, formatMoment } from '../../messages/format.js';
import type { Items, Watch } from '../../messages/templates/report.js';
import { type UnusualRun, unusualRuns } from '../../unusual-runs.js';
import type { ReportContext } from './edition.js';

/** The day or week that a report is of. */
interface Period {
  from: Date;
  to: Date;
  name: string;
}

const MOST_ITEMS = 5;

/** How what is watched fared in the period, and what has happened since the last report. */
export async function lookBack(
  context: ReportContext,
  { period, since }: { period: Period; since: Date },
): Promise<Watch> {
  return {
    availability: await context.attempt('monitors', () => availability(context, period)),
    incidents: await context.attempt('incidents', () => pastIncidents(context, since)),
    unusual: await context.attempt('task_runs', () => unusual(context, since)),
  };
}

/** Those that were down, the worst first. */
async function availability(
  { db, site, messages }: ReportContext,
  period: Period,
): Promise<Watch['availability']> {
  const words = messages.reports.watch;
  const monitors = await db.rows<{ id: string; name: string }>(
    sql`select id, name from cronhook.monitors where enabled order by name, id`,
  );
  const names = new Map(monitors.map(({ id, name }) => [id, name]));
  const measured = await uptimeBetween(db, period, [...names.keys()]);
  const known = measured.flatMap(({ uptime, ...rest }) => (uptime === null ? [] : [{ ...rest, uptime }]));
  const down = known.filter(({ downMs }) => downMs > 0).sort((a, b) => b.downMs - a.downMs);
  const share = (value: number) => formatShare(value, site.locale);
  const mean = known.reduce((sum, { uptime }) => sum + uptime, 0) / known.length;
  return {
    summary: known.length > 0 ? words.uptime(period.name, share(mean), known.length) : '',
    items: down.slice(0, MOST_ITEMS).map(({ monitorId, uptime, downMs }) => ({
      title: names.get(monitorId) ?? monitorId,
      lines: [words.wasDown(share(uptime), formatDuration(downMs, site.locale))],
    })),
    count: down.length,
  };
}

/** Rounded down: what was interrupted is never a full hundred. */
const formatShare = (share: number, locale: string): string =>
  new Intl.NumberFormat(locale, { style: 'percent', minimumFractionDigits: 2 }).format(
    Math.floor(share * 10_000) / 10_000,
  );

interface PastIncident {
  title: string;
  openedAt: string;
  resolvedAt: string;
  total: number;
}

/** Those that ended since then: what goes on needs attention, and tasks that fail have a place of their own. */
async function pastIncidents({ db, site, messages }: ReportContext, since: Date): Promise<Items> {
  const found = await db.rows<PastIncident>(sql`
    select left(title, 1000) as title, opened_at as "openedAt", resolved_at as "resolvedAt",
      (count(*) over ())::int as total
    from cronhook.incidents
    where resolved_at >= ${since.toISOString()}::timestamptz and source not like 'task:%'
      and isfinite(opened_at) and isfinite(resolved_at)
    order by array_position('{critical,important,info}', severity), opened_at desc, id
    limit ${MOST_ITEMS}
  `);
  const items = found.map(({ title, openedAt, resolvedAt }) => {
    const began = new Date(openedAt);
    const lasted = new Date(resolvedAt).getTime() - began.getTime();
    const line = messages.reports.watch.ended(formatMoment(began, site), formatDuration(lasted, site.locale));
    return { title, lines: [line] };
  });
  return { items, count: found[0]?.total ?? 0 };
}

/** By task, its strangest run: that of the newest, where there are several. */
async function unusual(context: ReportContext, since: Date): Promise<Items> {
  const { db, taskHealth, now } = context;
  const variableDuration = (await taskHealth()).flatMap((health) =>
    health.variableDuration ? [health.task] : [],
  );
  const called = await db.rows<{ task: string }>(sql`
    select distinct task from cronhook.task_runs
    where finished_at >= ${since.toISOString()}::timestamptz and not dry_run
  `);
  const tasks = called.map(({ task }) => task);
  const runs = await unusualRuns(db, { tasks, variableDuration, from: since, to: now() });
  const newest = new Map<string, UnusualRun>();
  for (const run of runs) {
    const known = newest.get(run.task);
    if (!known || known.startedAt < run.startedAt) newest.set(run.task, run);
  }
  const shown = [...newest.values()].sort((a, b) => a.task.localeCompare(b.task)).slice(0, MOST_ITEMS);
  return {
    items: shown.map((run) => ({ title: run.task, lines: oddLines(run, context) })),
    count: newest.size,
  };
}

function oddLines(run: UnusualRun, { site, messages }: ReportContext): string[] {
  const words = messages.reports.watch;
  const moment = formatMoment(run.startedAt, site);
  const duration = (ms: number) => formatDuration(ms, site.locale);
  return run.oddities.map((oddity) =>
    oddity === 'emptier'
      ? words.emptier(moment, run.emptied.join(', '))
      : words[oddity](moment, duration(run.durationMs), duration(run.usualDurationMs)),
  );
}
