import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, inject, onTestFinished, test } from 'vitest';
import { lokario, MAIL_FROM, startLokario } from '../support/lokario.js';
import { createDatabase } from '../support/postgres.js';
import { startTestService } from '../support/service.js';

const PACKAGE = 'postgresql-client';
const available = ['pg_dump', 'psql'].every((program) => spawnSync(program, ['--version']).status === 0);
const missing = available ? '' : ` (skipped: install the package ${PACKAGE})`;
const run = promisify(execFile);

test.skipIf(missing)(
  `a database restored from a dump holds what was pending in it, and the one it came from goes on${missing}`,
  async () => {
    const original = await startLokario();
    await original.message({ recipient: 'pending@example.com' });
    const { stdout: dump } = await run('pg_dump', ['--no-owner', '--no-privileges', original.databaseUrl], {
      maxBuffer: 64 * 1024 * 1024,
    });
    expect((await original.deliver()).stats.sent).toBe(1);

    const copy = await createDatabase(inject('postgresUrl'));
    onTestFinished(() => copy.drop());
    const restoring = run('psql', ['--quiet', '--set', 'ON_ERROR_STOP=1', copy.url]);
    restoring.child.stdin?.end(dump);
    await restoring;
    const service = await startTestService({
      databaseUrl: copy.url,
      env: { SMTP_URL: original.smtp.url, MAIL_FROM },
    });
    const restored = lokario(service);
    expect(await restored.deliver()).toMatchObject({ status: 'partial', stats: { sent: 0 } });
    expect((await restored.messages())[0]?.status).toBe('held');
    expect(await restored.deliver()).toMatchObject({ status: 'succeeded', stats: { sent: 0 } });
    expect(original.smtp.mails).toHaveLength(1);
  },
);
