import type { Transaction } from '../../db/client.js';
import { balancePoints, carry, isBridged, levelAt, pointsOf } from './balances.js';
import { quotient } from './decimal.js';
import { readFlows } from './flows.js';
import { longerPoints } from './longer.js';
import type { Point } from './metrics.js';
import { bookFinalDays, readMovements } from './movements.js';
import type { DayRange, Span } from './spans.js';
import { savePoints } from './store.js';

/**
 * Computes and writes the values of the spans; nothing of them when a day's movements do not lead from its start to its
 * end.
 */
export async function compute(
  tx: Transaction,
  range: DayRange,
  spans: Span[],
): Promise<{ values: number } | { broken: string }> {
  const [hours, days] = (['hour', 'day'] as const).map((period) => ofPeriod(spans, period)) as [
    Span[],
    Span[],
  ];
  const longer = spans.filter(({ period }) => period === 'week' || period === 'month');
  const flows = await readFlows(tx, spans, range);
  const moved = await readMovements(tx, range, spans);
  const opening = await levelAt(tx, '<', days[0]?.bucket as string);
  const balances = new Map([...carry(opening, hours, moved), ...carry(opening, days, moved)]);
  const broken = [...balances].find(([, balance]) => !isBridged(balance))?.[0].firstDay;
  if (broken) return { broken };

  const short = [...balances].flatMap(([span, balance]) => balancePoints(span, balance));
  const shortSpans = [...hours, ...days];
  let values = await savePoints(tx, shortSpans, [
    ...flowsOf(flows, shortSpans),
    ...short,
    ...stickiness(flows, days),
  ]);
  await bookFinalDays(tx, range, spans);
  const unbooked = days.filter(({ final }) => !final);
  const wonIn = ({ firstDay, lastDay }: Span) =>
    unbooked
      .filter((day) => day.firstDay >= firstDay && day.firstDay <= lastDay)
      .reduce((sum, day) => sum + (balances.get(day)?.movements.won ?? 0n), 0n);
  const longerFlows = flowsOf(flows, longer);
  values += await savePoints(tx, longer, [
    ...longerFlows,
    ...(await longerPoints(tx, longer, longerFlows, wonIn)),
  ]);
  return { values };
}

const ofPeriod = (spans: Span[], period: Span['period']): Span[] =>
  spans.filter((span) => span.period === period);

function flowsOf(flows: Point[], spans: Span[]): Point[] {
  const periods = new Set<string>(spans.map(({ period }) => period));
  return flows.filter(({ period }) => periods.has(period));
}

function stickiness(flows: Point[], days: Span[]): Point[] {
  const countOf = (metric: Point['metric'], day: Span) =>
    BigInt(
      flows.find((flow) => flow.metric === metric && flow.period === 'day' && flow.bucket === day.bucket)
        ?.value ?? 0,
    );
  return days.flatMap((day) =>
    pointsOf('day', day.bucket, { stickiness: quotient(countOf('dau', day), countOf('mau', day)) }),
  );
}
