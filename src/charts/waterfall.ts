import { drawSvg } from './svg.js';
import { axes, COLOURS, roomBeside, valueLabel } from './theme.js';

export interface Step {
  label: string;
  /** Of a total: how high it is; else by how much the level rises or falls. */
  value: number;
  isTotal: boolean;
}

interface Waterfall {
  steps: Step[];
  format(value: number): string;
  /** With its sign. */
  formatChange(value: number): string;
  /** Says where the axis begins, when that is not at zero (`axisStartOf`). */
  note: string;
}

/** From one total to another, step by step. */
export function waterfallChart({ steps, format, formatChange, note }: Waterfall): string {
  const bars = barsOf(steps);
  const axisStart = axisStartOf(steps);
  const floor = axisStart > 0 ? axisStart : Math.min(0, ...bars.map(({ to }) => to));
  const beside = roomBeside(
    longest(steps.filter(({ isTotal }) => isTotal).map(({ value }) => format(value))),
    HALF_BAR_PX,
  );
  const frame = axes(
    steps.map(({ label }) => label),
    format,
  );
  const visible = bars.map(({ from, to, step }) => ({
    value: Math.abs(to - from),
    itemStyle: { color: colourOf(step), borderRadius: 3 },
    label: {
      ...valueLabel,
      fontWeight: step.isTotal ? ('bold' as const) : ('normal' as const),
      formatter: () => (step.isTotal ? format : formatChange)(step.value),
    },
  }));
  return drawSvg({
    ...frame,
    grid: {
      ...frame.grid,
      left: Math.max(frame.grid.left, beside),
      right: Math.max(frame.grid.right, beside),
    },
    xAxis: {
      ...frame.xAxis,
      axisLabel: { ...frame.xAxis.axisLabel, fontSize: 11, interval: 0, hideOverlap: false },
    },
    // The bars say their values: the room goes to their names.
    yAxis: {
      ...frame.yAxis,
      ...{ min: floor, axisLabel: { show: false } },
      ...{ name: note, nameGap: 10, nameTextStyle: { ...frame.yAxis.axisLabel, align: 'left' } },
    },
    series: [
      // What the visible bars stand on.
      {
        type: 'bar',
        stack: 'all',
        silent: true,
        itemStyle: { color: 'transparent' },
        data: bars.map(({ from, to }) => Math.min(from, to)),
      },
      {
        type: 'bar',
        stack: 'all',
        silent: true,
        barCategoryGap: '30%',
        label: { position: 'top' },
        data: visible,
      },
    ],
  });
}

interface Bar {
  from: number;
  to: number;
  step: Step;
}

function barsOf(steps: Step[]): Bar[] {
  let level = 0;
  return steps.map((step) => {
    const from = step.isTotal ? 0 : level;
    const to = step.isTotal ? step.value : level + step.value;
    level = to;
    return { from, to, step };
  });
}

/** Smaller ones cannot be seen from zero. */
const VISIBLE_SHARE = 0.02;

/** Zero, unless no movement could be seen from there: then below the lowest level. Who reads it must be told. */
export function axisStartOf(steps: Step[]): number {
  const levels = barsOf(steps).map(({ to }) => to);
  const moves = steps.filter(({ isTotal }) => !isTotal).map(({ value }) => Math.abs(value));
  const [lowest, highest, largest] = [Math.min(...levels), Math.max(...levels), Math.max(...moves)];
  const [start = 0] = levels;
  if (largest === 0 || largest >= start * VISIBLE_SHARE) return 0;
  const step = 10 ** Math.floor(Math.log10(Math.max(highest - lowest, 1)));
  return Math.max(0, Math.floor((lowest - (highest - lowest)) / step) * step);
}

/** Of seven, where the totals are long. */
const HALF_BAR_PX = 26;

const longest = (texts: string[]): string => texts.reduce((a, b) => (b.length > a.length ? b : a), '');

const colourOf = ({ isTotal, value }: Step): string =>
  isTotal ? COLOURS.total : value < 0 ? COLOURS.bad : COLOURS.good;
