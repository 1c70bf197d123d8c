import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createPostgresPrograms } from '../src/clients/postgres-programs.js';
import { spawnS3 } from '../test/support/s3-spawn.js';
import { type Bench, type Goal, inTurn } from './bench.js';
import { fillDatabase, sizeOf } from './databases.js';
import { startPostgres } from './service.js';

const MORE_MEGABYTES = 32;

const goal: Goal = {
  text: `at most ${MORE_MEGABYTES} MB more`,
  met: (figure, baseline) => figure <= baseline + MORE_MEGABYTES,
};

export const bench: Bench = {
  missing: () => (createPostgresPrograms().has('pg_dump') ? undefined : 'pg_dump (postgresql-client)'),
  async measure(options) {
    const { quick, say, atEnd } = options;
    const runs = options.runs ?? (quick ? 1 : 3);
    const postgres = await startPostgres(options);
    const s3 = await spawnS3();
    atEnd(s3.close);
    const [large, small, service] = [
      await postgres.newDatabase(),
      await postgres.newDatabase(),
      await postgres.newDatabase(),
    ];
    say('filling the databases');
    await fillDatabase(large, quick ? 60 : 1_000);
    await fillDatabase(small, 50);
    const env = { ...s3.env, DATABASE_URL: service.reveal(), BACKUP_KEEP_DAYS: '0' };
    const growth = (url: typeof large) => peakGrowth({ ...env, BACKUP_DATABASE_URL: url.reveal() });
    const taken = await inTurn(runs, say, {
      figure: () => growth(large),
      baseline: () => growth(small),
    });
    const megabytes = async (url: typeof large) => Math.round((await sizeOf(url)) / 1e6);
    return {
      ...taken,
      unit: 'MB',
      goal,
      notes: [
        `peak resident memory above that before the run, of a process of its own; ${await megabytes(large)} MB against ${await megabytes(small)} MB, median of ${runs} runs in turn`,
      ],
    };
  },
};

/** @returns megabytes */
async function peakGrowth(env: Record<string, string>): Promise<number> {
  const entry = fileURLToPath(new URL('backup-process.ts', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', entry], {
    env: { PATH: process.env.PATH, ...env },
  });
  return Number(stdout) / 1e6;
}
