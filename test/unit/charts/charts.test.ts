import { describe, expect, test } from 'vitest';
import { drawPng } from '../../../src/charts/png.js';
import { columnChart, lineChart } from '../../../src/charts/series.js';
import { waterfallChart } from '../../../src/charts/waterfall.js';

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

test('a waterfall leads from one total to the other, each step with its sign', () => {
  const svg = waterfallChart({
    steps: [
      { label: 'Début', value: 100, isTotal: true },
      { label: 'Nouveaux', value: 30, isTotal: false },
      { label: 'Départs', value: -10, isTotal: false },
      { label: 'Fin', value: 120, isTotal: true },
    ],
    format,
    formatChange: (value) => `${value > 0 ? '+' : ''}${value} €`,
  });
  expect(words(svg)).toEqual(
    expect.arrayContaining(['Début', 'Nouveaux', 'Départs', 'Fin', '100 €', '+30 €', '-10 €', '120 €']),
  );
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
