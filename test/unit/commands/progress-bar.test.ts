import { expect, test } from 'vitest';
import { createProgressBar } from '../../../src/commands/progress-bar.js';

function startBar(isTTY: boolean, ofBytes = 1_000_000) {
  const written: string[] = [];
  const clock = { ticks: 0 };
  const output = { isTTY, write: (text: string) => written.push(text) } as unknown as NodeJS.WriteStream;
  const bar = createProgressBar(ofBytes, output, () => clock.ticks);
  const pass = (ticks: number, bytes: number) => {
    clock.ticks = ticks;
    bar.update(bytes);
  };
  return { bar, pass, written };
}

test('on a terminal a bar is drawn over itself, ten times a second at most', () => {
  const { bar, pass, written } = startBar(true);
  pass(1_000, 100_000);
  pass(1_050, 150_000);
  pass(1_200, 200_000);
  bar.end('done');
  expect(written).toEqual([
    `\r[###...........................] 10 %, 100 kB of 1 MB, 100 kB/s, 0:09 left\u001b[K`,
    expect.stringMatching(/######[.]{24}[\]] 20 %, .* 0:05 left/),
    '\ndone\n',
  ]);
});

test('where nobody watches, there is a line every ten per cent', () => {
  const { bar, pass, written } = startBar(false);
  for (let step = 1; step <= 200; step++) pass(step * 100, step * 5_000);
  bar.end('');
  expect(written.map((line) => line.split(' %')[0])).toEqual([
    ...['10', '20', '30', '40', '50', '60', '70', '80', '90', '100', ''],
  ]);
  expect(written[4]).toContain('0:10 left\n');
});

test('an empty backup is whole at once', () => {
  const { pass, written } = startBar(false, 0);
  pass(0, 0);
  expect(written).toEqual(['100 %, 0 byte of 0 byte\n']);
});
