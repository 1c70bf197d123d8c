import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { restoreDump } from '../../src/backups/restore.js';
import { createPostgresPrograms } from '../../src/clients/postgres-programs.js';
import { Secret } from '../../src/secret.js';

/** A restoration in a process of its own, which says when all but the last byte is with psql, and waits. */
const [folder = '', url = ''] = process.argv.slice(2);
const { sql, manifest } = JSON.parse(readFileSync(join(folder, 'dump.json'), 'utf8'));

async function* dump() {
  yield Buffer.from(sql);
  await sleep(1_000);
  process.stdout.write('waiting\n');
  await sleep(60_000);
}

await restoreDump({
  dump: dump(),
  manifest,
  url: new Secret(url),
  program: await createPostgresPrograms().find('psql', 15),
  replace: true,
  signal: new AbortController().signal,
});
