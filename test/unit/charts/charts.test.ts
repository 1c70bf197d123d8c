import { describe, expect, test } from 'vitest';
import { drawPng } from '../../../src/charts/png.js';
import { columnChart, lineChart } from '../../../src/charts/series.js';
import { axisStartOf, waterfallChart } from '../../../src/charts/waterfall.js';

const labels = ['02/11', '09/11', '16/11'];
const format = (value: number) => `${value} €`;
const words = (svg: string) => [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text);

const CHARTS = {
  columns: (values: (number | null)[]) => columnChart({ labels, values, format, reach: 4 }),
  line: (values: (number | null)[]) => lineChart({ labels, values, format, reach: 4 }),
};

describe.each(Object.entries(CHARTS))('a chart of %s', (_, draw) => {
  test('says the value of the last period, and names it', () => {
    expect(words(draw([10, 20, 15]))).toEqual(expect.arrayContaining(['16/11', '15 €']));
  });

  test('has a gap where a number is not known, and no zero', () => {
    const drawn = words(draw([7, null, 9]));
    expect(drawn).toEqual(expect.arrayContaining(['7 €', '9 €']));
    expect(drawn.join()).not.toMatch(/NaN|null|undefined|- €/);
  });

  test('of zeros lies at the bottom of an axis that has room', () => {
    expect(words(draw([0, 0, 0]))).toContain('4 €');
  });

  test('is the same each time but for its ids, loads nothing and needs no script', () => {
    const [one, other] = [draw([1, 2, 3]), draw([1, 2, 3])].map((svg) =>
      svg.replace(/zr\d+-[a-z]+-?\d*/g, 'zr'),
    );
    expect(one).toBe(other);
    expect(one).not.toMatch(/<script|<image|href=|url\((?!#)|@import/);
  });
});

/** Where the texts of an SVG begin and end, by a wide measure of the bold font. */
const spans = (svg: string) =>
  [...svg.matchAll(/<text ([^>]*)>([^<]*)<\/text>/g)].map(([, attributes = '', text = '']) => {
    const [, x = '0'] = /translate\(([-\d.]+)/.exec(attributes) ?? [];
    const anchor = /text-anchor="(\w+)"/.exec(attributes)?.[1] ?? 'start';
    const width = text.length * 8.2;
    const from = Number(x) - { start: 0, middle: width / 2, end: width }[anchor as 'start'];
    return { text, from, to: from + width, y: Number(/translate\([-\d.]+ ([-\d.]+)/.exec(attributes)?.[1]) };
  });

describe('the value of the last period', () => {
  const weeks = Array.from({ length: 12 }, (_, n) => `${n + 10}/11`);

  test.each([
    ['columns', 12_345_678],
    ['columns', -350_000],
    ['line', 129_888],
  ] as const)('on %s is whole at the edge of the picture: %d €', (form, last) => {
    const svg = (form === 'line' ? lineChart : columnChart)({
      ...{ labels: weeks, values: [...weeks.slice(1).map(() => 100_000), last], format, reach: 4 },
    });
    const shown = spans(svg).find(({ text }) => text === `${last} €`);
    expect(shown?.to).toBeLessThanOrEqual(460);
  });

  test('stands below a column that hangs down, not on its neighbours', () => {
    const svg = columnChart({ labels, values: [10, 20, -30], format, reach: 4 });
    const y = (wanted: string) => spans(svg).find(({ text }) => text === wanted)?.y ?? 0;
    expect(y('-30 €')).toBeGreaterThan(y('0 €'));
  });
});

describe('a waterfall', () => {
  const waterfall = (start: number, ...moves: number[]) => {
    const end = moves.reduce((sum, move) => sum + move, start);
    const steps = [
      { label: 'Début', value: start, isTotal: true },
      ...moves.map((value, n) => ({ label: `${n}`, value, isTotal: false })),
      { label: 'Fin', value: end, isTotal: true },
    ];
    const formatChange = (value: number) => `${value > 0 ? '+' : ''}${value} €`;
    return {
      steps,
      svg: waterfallChart({
        steps,
        format,
        formatChange,
        note: axisStartOf(steps) > 0 ? `dès ${axisStartOf(steps)}` : '',
      }),
    };
  };

  test('leads from one total to the other, each step with its sign', () => {
    const drawn = words(waterfall(100, 30, -10).svg);
    expect(drawn).toEqual(expect.arrayContaining(['Début', 'Fin', '100 €', '+30 €', '-10 €', '120 €']));
  });

  test('begins at zero as long as a movement can be seen from there, so that heights compare', () => {
    for (const { steps, svg } of [waterfall(3_192, 280), waterfall(3_000, 60, -10), waterfall(3_000, 0)]) {
      expect(axisStartOf(steps)).toBe(0);
      expect(words(svg).join()).not.toContain('dès');
    }
  });

  test('says where its axis begins when that is not at zero', () => {
    const { steps, svg } = waterfall(319_200, 280, 100, -50);
    const start = axisStartOf(steps);
    expect(start).toBeGreaterThan(300_000);
    expect(start).toBeLessThan(319_200);
    expect(words(svg)).toContain(`dès ${start}`);
  });

  test('has its totals whole at both edges', () => {
    const { svg } = waterfall(13_192_000, 280_000, 1, 1, 1, 1);
    const totals = spans(svg).filter(({ text }) => /^13\d+ €$/.test(text));
    expect(totals).toHaveLength(2);
    for (const { from, to } of totals) {
      expect(from).toBeGreaterThanOrEqual(0);
      expect(to).toBeLessThanOrEqual(460);
    }
  });
});

describe('the picture of a chart', () => {
  const size = (png: Buffer) => [png.readUInt32BE(16), png.readUInt32BE(20)];

  test('is a PNG as wide as it is asked for, small enough for a mail', async () => {
    const png = await drawPng(columnChart({ labels, values: [1, 2, 3], format, reach: 4 }), 1104);
    expect(png.subarray(1, 4).toString()).toBe('PNG');
    expect(size(png)).toEqual([1104, 480]);
    expect(png.length).toBeLessThan(60_000);
  });

  test('has its words drawn with the fonts that come with it', async () => {
    const svg = (text: string) =>
      `<svg xmlns="http://www.w3.org/2000/svg" width="200" height="50"><text x="10" y="30" style="font-family:'Segoe UI',sans-serif">${text}</text></svg>`;
    const [words, others, none] = await Promise.all(
      ['Août ▲ 1 €', 'Août ▼ 1 €', ''].map((text) => drawPng(svg(text), 200)),
    );
    expect(words?.equals(none as Buffer)).toBe(false);
    expect(words?.equals(others as Buffer)).toBe(false);
  });
});
