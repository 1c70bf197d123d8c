import { drawSvg } from './svg.js';
import { axes, COLOURS, roomBeside, SIZE, valueLabel } from './theme.js';

/** Values by period, the oldest first; null where none is known. */
export interface Series {
  labels: string[];
  values: (number | null)[];
  /** How a value reads, on the axis too. */
  format(value: number): string;
  /** The axis reaches so far at least, so that a chart of zeros lies at the bottom. */
  reach: number;
}

/** How much came in each period; the last one is what the reader asks about. */
export function columnChart(series: Series): string {
  const { values } = series;
  const last = values.length - 1;
  const crowded = isCrowded(series);
  const data = values.map((value, index) => ({
    value: value ?? '-',
    itemStyle: { color: index === last ? COLOURS.accent : COLOURS.past, borderRadius: [3, 3, 0, 0] },
    label: {
      ...labelled(index === last || !crowded, index === last),
      ...((value ?? 0) < 0 && { position: 'bottom' as const }),
    },
  }));
  return drawSvg({
    ...framed(series),
    series: [{ type: 'bar', silent: true, data, barCategoryGap: '28%', label: labels(series) }],
  });
}

/** How high something stood at the end of each period. */
export function lineChart(series: Series): string {
  const { values } = series;
  const last = values.length - 1;
  const data = values.map((value, index) => ({
    value: value ?? '-',
    symbolSize: index === last ? 9 : 5,
    label: labelled(index === last || index === 0, index === last),
  }));
  return drawSvg({
    ...framed(series),
    series: [
      {
        type: 'line',
        silent: true,
        data,
        symbol: 'circle',
        lineStyle: { color: COLOURS.accent, width: 2.5 },
        itemStyle: { color: COLOURS.accent },
        areaStyle: { color: COLOURS.area },
        label: labels(series),
      },
    ],
  });
}

function framed({ labels: names, values, format, reach }: Series) {
  const frame = axes(names, format);
  const lastValue = values.at(-1) ?? null;
  const beside = lastValue === null ? 0 : roomBeside(format(lastValue), HALF_COLUMN_PX);
  const grid = { ...frame.grid, right: Math.max(frame.grid.right, beside) };
  // Below a column that hangs down stands its value.
  const below = values.some((value) => value !== null && value < 0) ? '20%' : 0;
  const max = ({ max: highest }: { max: number }) => (highest < reach ? reach : null);
  // Every other one, the last one always.
  const interval = (index: number) => (names.length - 1 - index) % 2 === 0;
  const xAxis = { ...frame.xAxis, axisLabel: { ...frame.xAxis.axisLabel, interval } };
  return { ...frame, grid, xAxis, yAxis: { ...frame.yAxis, max, boundaryGap: [below, 0] } };
}

const labels = ({ format }: Series) => ({
  position: 'top' as const,
  formatter: ({ value }: { value: unknown }) => (typeof value === 'number' ? format(value) : ''),
});

const labelled = (show: boolean, bold: boolean) => ({
  ...valueLabel,
  show,
  fontWeight: bold ? ('bold' as const) : ('normal' as const),
});

/** Of twelve, where the amounts of the axis are long. */
const HALF_COLUMN_PX = 10;
const CHARACTER_PX = 6.5;

/** Neighbours must not run into each other: only the last column then says its value. */
function isCrowded({ values, format }: Series): boolean {
  const longest = Math.max(...values.map((value) => (value === null ? 0 : format(value).length)));
  return longest * CHARACTER_PX > (SIZE.widthPx - 60) / values.length;
}
