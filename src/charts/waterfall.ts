import { drawSvg } from './svg.js';
import { axes, COLOURS, valueLabel } from './theme.js';

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
}

/** From one total to another, step by step. */
export function waterfallChart({ steps, format, formatChange }: Waterfall): string {
  const frame = axes(
    steps.map(({ label }) => label),
    format,
  );
  const bars = barsOf(steps);
  const floor = floorOf(bars);
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
    xAxis: {
      ...frame.xAxis,
      axisLabel: { ...frame.xAxis.axisLabel, fontSize: 11, interval: 0, hideOverlap: false },
    },
    // The bars say their values: the room goes to their names.
    yAxis: { ...frame.yAxis, min: floor, axisLabel: { show: false } },
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

/** Small movements on a high level could not be seen from zero: the axis begins below the lowest of them. */
function floorOf(bars: Bar[]): number {
  const levels = bars.map(({ to }) => to);
  const [lowest, highest] = [Math.min(...levels), Math.max(...levels)];
  const room = (highest - lowest) * 3;
  if (lowest <= room) return Math.min(0, lowest);
  const step = 10 ** Math.floor(Math.log10(Math.max(highest - lowest, 1)));
  return Math.floor((lowest - (highest - lowest)) / step) * step;
}

const colourOf = ({ isTotal, value }: Step): string =>
  isTotal ? COLOURS.total : value < 0 ? COLOURS.bad : COLOURS.good;
