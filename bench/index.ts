import { parseArgs } from 'node:util';
import type { Bench, BenchOptions, Measurement } from './bench.js';
import { formatTable } from './table.js';

/** A bench is a file and a line here. */
const BENCHES: Record<string, () => Promise<{ bench: Bench }>> = {
  trigger: () => import('./trigger.js'),
  'inbox-first': () => import('./inbox-first.js'),
  'inbox-idle': () => import('./inbox-idle.js'),
  'inbox-idle-indexed': async () => (await import('./inbox-idle.js')).indexed,
  outbox: () => import('./outbox.js'),
  backup: () => import('./backup.js'),
  'backup-memory': () => import('./backup-memory.js'),
  wealth: () => import('./wealth.js'),
  cleanup: () => import('./cleanup.js'),
  statistics: () => import('./statistics.js'),
  availability: () => import('./availability.js'),
};

const USAGE = `npm run bench -- [NAME...] [--runs N] [--quick]

  NAME      ${Object.keys(BENCHES).join(', ')}; all of them without a name
  --runs N  how often figure and baseline take turns
  --quick   small sizes, to see whether it works: the numbers mean nothing`;

type Result = Measurement | { skipped: string } | { failed: string };

const { names, runs, quick } = readArguments();
const results = new Map<string, Result>();
for (const name of names) results.set(name, await run(name));
process.stdout.write(`\n${table()}\n${notes()}`);
// A goal that is missed is news, not a failure.
process.exit([...results.values()].some((result) => 'failed' in result) ? 1 : 0);

function readArguments() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        runs: { type: 'string' },
        quick: { type: 'boolean', default: false },
        help: { type: 'boolean' },
      },
    });
    if (values.help) usage(0);
    const unknown = positionals.filter((name) => !Object.hasOwn(BENCHES, name));
    if (unknown.length > 0) throw new Error(`unknown bench: ${unknown.join(', ')}`);
    const runs = values.runs === undefined ? undefined : Number(values.runs);
    if (runs !== undefined && !(Number.isInteger(runs) && runs > 0))
      throw new Error('--runs takes a whole number');
    const names = positionals.length > 0 ? [...new Set(positionals)] : Object.keys(BENCHES);
    return { names, runs, quick: values.quick };
  } catch (error) {
    return usage(1, (error as Error).message);
  }
}

function usage(code: number, problem?: string): never {
  process.stderr.write(problem ? `${problem}\n\n${USAGE}\n` : `${USAGE}\n`);
  process.exit(code);
}

async function run(name: string): Promise<Result> {
  const cleanUps: (() => unknown)[] = [];
  const options: BenchOptions = {
    runs,
    quick,
    say: (line) => process.stderr.write(`${name}: ${line}\n`),
    atEnd: (cleanUp) => cleanUps.push(cleanUp),
  };
  try {
    const { bench } = await (BENCHES[name] as () => Promise<{ bench: Bench }>)();
    const missing = bench.missing?.();
    if (missing) return { skipped: `install ${missing}` };
    return await bench.measure(options);
  } catch (error) {
    process.stderr.write(`${name}: ${(error as Error).stack}\n`);
    return { failed: (error as Error).message.split('\n')[0] ?? '' };
  } finally {
    for (const cleanUp of cleanUps.reverse()) {
      await Promise.resolve(cleanUp()).catch((error) => options.say(`cleaning up: ${error}`));
    }
  }
}

function table(): string {
  const header = ['bench', 'figure', 'baseline', 'ratio', 'goal', 'met'];
  return formatTable(header, [...results].map(row));
}

function row([name, result]: [string, Result]): string[] {
  if ('skipped' in result) return [name, `skipped: ${result.skipped}`];
  if ('failed' in result) return [name, `could not run: ${result.failed}`];
  const { figure, baseline, unit, goal } = result;
  return [
    name,
    `${rounded(figure)} ${unit}`,
    `${rounded(baseline)} ${unit}`,
    (figure / baseline).toFixed(2),
    goal.text,
    goal.met(figure, baseline) ? 'yes' : 'no',
  ];
}

function rounded(value: number): string {
  return value.toFixed(value < 10 ? 3 : value < 1000 ? 1 : 0);
}

function notes(): string {
  const lines = [...results].flatMap(([name, result]) =>
    'notes' in result ? result.notes.map((note) => `${name}: ${note}\n`) : [],
  );
  if (quick) lines.unshift('--quick: small sizes, the numbers mean nothing\n');
  return lines.length > 0 ? `\n${lines.join('')}` : '';
}
