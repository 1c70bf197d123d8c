import { ACCENT, LIGHT } from '../messages/layout-style.js';

/** Charts stand on the light card, also where the page around them is dark. */
export const COLOURS = {
  accent: ACCENT,
  /** What is over. */
  past: '#a9c3ee',
  total: '#5b6472',
  good: '#2f9e5b',
  bad: '#d0574d',
  area: 'rgba(29,95,209,0.10)',
  ink: LIGHT.ink,
  soft: LIGHT.soft,
  line: LIGHT.line,
};

/** The last one with digits, arrows and thin spaces is the one that pictures are drawn with. */
export const FONT_FAMILY = "'Segoe UI',Roboto,Helvetica,Arial,'DejaVu Sans',sans-serif";

/** Small, so that its words can still be read where a phone shows it smaller yet. */
export const SIZE = { widthPx: 460, heightPx: 200 };

const label = { color: COLOURS.soft, fontSize: 12 };

const LEFT_PX = 8;
const RIGHT_PX = 14;

/** The axes that all charts share: few lines, no frame. */
export const axes = (labels: string[], format: (value: number) => string) => ({
  animation: false,
  textStyle: { fontFamily: FONT_FAMILY },
  grid: { left: LEFT_PX, right: RIGHT_PX, top: 24, bottom: 4, outerBoundsMode: 'same' as const },
  xAxis: {
    type: 'category' as const,
    data: labels,
    axisTick: { show: false },
    axisLine: { lineStyle: { color: COLOURS.line } },
    axisLabel: { ...label, hideOverlap: true },
  },
  yAxis: {
    type: 'value' as const,
    splitNumber: 3,
    axisLabel: { ...label, formatter: (value: number) => format(value) },
    splitLine: { lineStyle: { color: COLOURS.line, opacity: 0.7 } },
  },
});

/** The halo keeps it apart from what it may stand on. */
export const valueLabel = {
  ...{ show: true, color: COLOURS.ink, fontSize: 12 },
  ...{ textBorderColor: '#ffffff', textBorderWidth: 3 },
};

/** At most: the digits of the bold font. */
const LABEL_CHARACTER_PX = 8.4;

/**
 * The room to leave beside a label that stands over the middle of the outermost column.
 * @param halfColumnPx at least
 */
export const roomBeside = (label: string, halfColumnPx: number): number =>
  Math.ceil((label.length * LABEL_CHARACTER_PX) / 2 - halfColumnPx + 2);
