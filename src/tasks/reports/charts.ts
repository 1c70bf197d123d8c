import type { MailAttachment } from '../../clients/mail.js';
import { formatNumericDay, formatShortDay } from '../../messages/format-calendar.js';
import type { Look } from '../../messages/layout.js';
import type { Picture } from '../../messages/layout-figures.js';
import { type MetricName, metricOf } from '../statistics/metrics.js';
import type { Numbers } from './numbers.js';
import { formatEuros, formatMetric, formatShortEuros, formatUnit } from './words.js';

export interface Chart {
  picture: Picture;
  attachment: MailAttachment;
}

export type ChartName = 'leads' | 'revenue' | 'bridge' | 'customers' | 'churn';

/** As wide as the text of a mail. */
const SHOWN = { widthPx: 552, heightPx: 240 };
const SHARPNESS = 2;

/** From here on seven amounts side by side run into each other. */
const CROWDED_CENTS = 10_000_000;

/** So far the axis reaches at least. */
const REACH = { count: 4, cents: 10_000, ratio: 0.06, seconds: 3_600, score: 5 };

const SERIES = [
  ['leads', 'leads_new', 'columns'],
  ['revenue', 'revenue_cents', 'columns'],
  ['customers', 'customers', 'line'],
  ['churn', 'churn_rate', 'line'],
] as const;

/**
 * The pictures of the weekly report; one of which nothing is known is not drawn.
 * @param weeks the oldest first; the last one is told of
 */
export async function drawCharts(
  numbers: Numbers,
  weeks: string[],
  look: Look,
): Promise<Partial<Record<ChartName, Chart>>> {
  // Only this report draws: the others do not load what it takes.
  const { columnChart, lineChart } = await import('../../charts/series.js');
  const charts: Partial<Record<ChartName, Chart>> = {};
  for (const [name, metric, form] of SERIES) {
    const series = seriesOf(metric, numbers, weeks, look);
    if (series.values.every((value) => value === null)) continue;
    const svg = (form === 'line' ? lineChart : columnChart)(series);
    charts[name] = await chartOf(name, svg, seriesAlt(metric, series.values, weeks, look), look);
  }
  const bridge = await drawBridge(numbers, weeks.at(-1) ?? '', look);
  return { ...charts, ...(bridge && { bridge }) };
}

function seriesOf(metric: MetricName, numbers: Numbers, weeks: string[], { site }: Look) {
  const { unit } = metricOf(metric);
  return {
    labels: weeks.map((week) => formatNumericDay(week, site.locale)),
    values: weeks.map((week) => numbers.get(metric, week)),
    format: (value: number) => formatUnit(unit, value, site.locale),
    reach: REACH[unit],
  };
}

/** Says every number: who sees no picture misses none. */
function seriesAlt(
  metric: MetricName,
  values: (number | null)[],
  weeks: string[],
  { site, messages }: Look,
): string {
  const said = values.map((value) => formatMetric(metric, value, site.locale)).join(', ');
  return messages.reports.charts.weekly(formatShortDay(weeks[0] ?? '', site.locale), said);
}

async function drawBridge(numbers: Numbers, week: string, look: Look): Promise<Chart | undefined> {
  const { steps: names } = look.messages.reports.charts;
  const end = numbers.get('mrr_cents', week);
  const moved = (metric: MetricName) => numbers.get(metric, week) ?? 0;
  const changes = [
    [names.new, moved('mrr_new_cents')],
    [names.expansion, moved('mrr_expansion_cents')],
    [names.reactivation, moved('mrr_reactivation_cents')],
    [names.contraction, -moved('mrr_contraction_cents')],
    [names.churn, -moved('mrr_churn_cents')],
  ] as const;
  if (end === null) return undefined;
  const start = end - changes.reduce((sum, [, value]) => sum + value, 0);
  const { locale } = look.site;
  const signed = (value: number) => formatEuros(value, locale, { signDisplay: 'exceptZero' });
  const steps = [
    { label: names.start, value: start, isTotal: true },
    ...changes.map(([label, value]) => ({ label, value, isTotal: false })),
    { label: names.end, value: end, isTotal: true },
  ];
  const { axisStartOf, waterfallChart } = await import('../../charts/waterfall.js');
  const write = steps.some(({ value }) => Math.abs(value) >= CROWDED_CENTS) ? formatShortEuros : formatEuros;
  const axisStart = axisStartOf(steps);
  const note = axisStart > 0 ? look.messages.reports.charts.axisFrom(formatEuros(axisStart, locale)) : '';
  const svg = waterfallChart({
    ...{ steps, note },
    // Totals between which little has moved would read alike in short.
    format: (value) => (note ? formatEuros : write)(value, locale),
    formatChange: (value) => write(value, locale, { signDisplay: 'exceptZero' }),
  });
  const alt = steps
    .map(({ label, value, isTotal }) => `${label} ${isTotal ? formatEuros(value, locale) : signed(value)}`)
    .join(', ');
  return chartOf('bridge', svg, alt, look, note);
}

async function chartOf(
  name: ChartName,
  svg: string,
  alt: string,
  { messages }: Look,
  note = '',
): Promise<Chart> {
  const { drawPng } = await import('../../charts/png.js');
  const content = (await drawPng(svg, SHOWN.widthPx * SHARPNESS)).toString('base64');
  return {
    picture: { caption: `${messages.reports.charts[name]}${note && ` (${note})`}`, alt, cid: name, ...SHOWN },
    attachment: { filename: `${name}.png`, contentType: 'image/png', content, cid: name },
  };
}
