import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createPostgresPrograms, libpqEnvironment } from '../src/clients/postgres-programs.js';
import type { Secret } from '../src/secret.js';
import { spawnS3 } from '../test/support/s3-spawn.js';
import { atMost, type Bench, inTurn, timed } from './bench.js';
import { fillDatabase, sizeOf } from './databases.js';
import { POSTGRES_NOTE, startPostgres, startService } from './service.js';

const SERVER_MAJOR = 15;

const programs = createPostgresPrograms();

export const bench: Bench = {
  missing: () => (programs.has('pg_dump') ? undefined : 'pg_dump (postgresql-client)'),
  async measure(options) {
    const { quick, say, atEnd } = options;
    const runs = options.runs ?? (quick ? 1 : 3);
    const postgres = await startPostgres(options);
    const source = await postgres.newDatabase();
    say('filling the database');
    await fillDatabase(source, quick ? 20 : 1_000);
    const s3 = await spawnS3();
    atEnd(s3.close);
    const env = { ...s3.env, BACKUP_DATABASE_URL: source.reveal(), BACKUP_KEEP_DAYS: '0', TASKS: 'backup' };
    const service = await startService(postgres, { env });
    atEnd(service.stop);
    const folder = await mkdtemp(join(tmpdir(), 'cronhook-bench-dump-'));
    atEnd(() => rm(folder, { recursive: true, force: true }));
    const { path } = await programs.find('pg_dump', SERVER_MAJOR);

    const figure = () =>
      timed(async () => {
        const answer = await service.call('POST', '/backups/database?wait=3600');
        if (answer.status !== 'succeeded') throw new Error(`the task answered ${JSON.stringify(answer)}`);
      });
    const baseline = () => timed(() => dumpToFile(path, source, join(folder, 'dump.sql.gz')));
    const taken = await inTurn(runs, say, { figure, baseline });
    return {
      figure: taken.figure / 1000,
      baseline: taken.baseline / 1000,
      unit: 's',
      goal: atMost(1.1),
      notes: [
        `a database of ${Math.round((await sizeOf(source)) / 1e6)} MB, median of ${runs} runs in turn; S3 server in a process of its own on the same disk`,
        `the baseline is pg_dump | gzip -6 > file, without row counts, checksum or manifest; ${POSTGRES_NOTE}`,
      ],
    };
  },
};

async function dumpToFile(pgDump: string, url: Secret, file: string): Promise<void> {
  const script = '"$1" --no-owner --no-privileges | gzip -6 > "$2"';
  await promisify(execFile)('bash', ['-o', 'pipefail', '-c', script, 'bash', pgDump, file], {
    env: libpqEnvironment(url),
  });
}
