/** One line of the contract's section 7. */
export interface Bench {
  /** Names the package that is not installed here. */
  missing?(): string | undefined;
  measure(options: BenchOptions): Promise<Measurement>;
}

export interface BenchOptions {
  /** How often figure and baseline take turns, where the command line says so. */
  runs: number | undefined;
  /** Small sizes, to see whether it works: the numbers mean nothing. */
  quick: boolean;
  /** Shows what is being done. */
  say(line: string): void;
  /** Last in, first out, however the bench ends. */
  atEnd(cleanUp: () => unknown): void;
}

export interface Measurement {
  figure: number;
  baseline: number;
  unit: string;
  goal: Goal;
  /** What a reader must know to believe the numbers. */
  notes: string[];
}

export interface Goal {
  text: string;
  met(figure: number, baseline: number): boolean;
}

export const atMost = (ratio: number): Goal => ({
  text: `at most ${ratio}`,
  met: (figure, baseline) => figure <= baseline * ratio,
});

export const atLeast = (ratio: number): Goal => ({
  text: `at least ${ratio}`,
  met: (figure, baseline) => figure >= baseline * ratio,
});

interface Turns {
  figure(): Promise<number>;
  baseline(): Promise<number>;
}

/** The medians of both, measured one after the other so often: what else the machine does hits both alike. */
export async function inTurn(runs: number, say: BenchOptions['say'], turns: Turns) {
  const taken = { figure: [] as number[], baseline: [] as number[] };
  for (let run = 0; run < runs; run++) {
    say(`run ${run + 1} of ${runs}`);
    taken.figure.push(await turns.figure());
    taken.baseline.push(await turns.baseline());
  }
  return { figure: median(taken.figure), baseline: median(taken.baseline) };
}

export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? NaN) + (sorted[Math.floor(middle)] ?? NaN)) / 2;
}

/** How long the work took, in milliseconds. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
