import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { createProber, type ProbeTarget } from '../src/clients/probe.js';
import { type Bench, type BenchOptions, inTurn, timed } from './bench.js';

const MONITORS = 200;
const HANGING = 20;

export const bench: Bench = {
  async measure(options) {
    const { quick, say } = options;
    const limitMs = quick ? 1_000 : 10_000;
    const runs = options.runs ?? (quick ? 1 : 3);
    const [site, hanging] = await startSites(options);
    const targets = Array.from({ length: MONITORS }, (_, index) => {
      const port = index % (MONITORS / HANGING) === 0 ? hanging : site;
      return targetOf(`http://127.0.0.1:${port}/${index}`, limitMs);
    });
    const quickOnes = targets.filter(({ target }) => target.includes(`:${site}/`));
    const { figure, baseline } = await inTurn(runs, say, {
      figure: () => timed(() => pass(targets)),
      baseline: async () => limitMs + (await timed(() => plain(quickOnes))),
    });
    return {
      figure,
      baseline,
      unit: 'ms',
      goal: { text: 'the slowest limit + 1 s', met: (measured) => measured <= limitMs + 1_000 },
      notes: [
        `first pass over ${MONITORS} monitors of which ${HANGING} take connections and hang, each with a time limit of ${limitMs / 1000} s; median of ${runs} runs`,
        `baseline: the ${quickOnes.length} quick ones by fetch, in parallel, plus that limit`,
      ],
    };
  },
};

async function startSites({ atEnd }: BenchOptions): Promise<[number, number]> {
  const entry = fileURLToPath(new URL('availability-sites.ts', import.meta.url));
  const child = fork(entry, { execArgv: ['--import', 'tsx'] });
  atEnd(() => child.kill());
  const [ports] = (await once(child, 'message')) as [[number, number]];
  return ports;
}

const targetOf = (target: string, timeoutMs: number): ProbeTarget => ({
  kind: 'http',
  target,
  expectedStatus: 200,
  timeoutMs,
  keyword: 'All is well',
  followRedirects: false,
});

/** @throws when another number is well than answers */
async function pass(targets: ProbeTarget[]): Promise<void> {
  const prober = createProber();
  const { signal } = new AbortController();
  const results = await Promise.all(targets.map((target) => prober.check(target, signal)));
  const well = results.filter(({ ok }) => ok).length;
  if (well !== MONITORS - HANGING) throw new Error(`${well} monitors are well`);
}

async function plain(targets: ProbeTarget[]): Promise<void> {
  await Promise.all(targets.map(async ({ target }) => (await fetch(target)).text()));
}
