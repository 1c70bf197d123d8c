import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import { openDatabase } from '../../src/db/client.js';
import { migrate } from '../../src/db/migrate.js';
import { Secret } from '../../src/secret.js';
import { createDatabase } from '../support/postgres.js';
import { spawnService } from '../support/process.js';
import { SECRET, startTestService } from '../support/service.js';

const PROGRAM = fileURLToPath(new URL('../../bin/cronhook.js', import.meta.url));

/** Without a `.env` file, whatever the checkout holds. */
const directory = mkdtempSync(join(tmpdir(), 'cronhook-cli-'));
let database: Awaited<ReturnType<typeof createDatabase>>;

beforeAll(async () => {
  database = await createDatabase(inject('postgresUrl'));
  await withDatabase(migrate);
});

afterAll(async () => {
  rmSync(directory, { recursive: true });
  await database.drop();
});

async function withDatabase<Result>(
  work: (db: ReturnType<typeof openDatabase>) => Promise<Result>,
  url = database.url,
): Promise<Result> {
  const db = openDatabase(new Secret(url), { max: 2 });
  try {
    return await work(db);
  } finally {
    await db.close();
  }
}

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** `npx cronhook …` with this environment and no other. */
function cronhook(args: string[], env: Record<string, string> = {}): Promise<Ended> {
  const base = { NODE_ENV: 'test', DATABASE_URL: database.url, CRON_SECRET: SECRET };
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    cwd: directory,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...base, ...env },
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  return new Promise((done) => child.on('close', (code) => done({ code, stdout, stderr })));
}

const parse = <Value>({ stdout }: Ended) => JSON.parse(stdout) as Value;

describe.concurrent('cronhook tasks', () => {
  test('prints the catalogue, as a table and as JSON', async () => {
    const [table, json] = await Promise.all([cronhook(['tasks']), cronhook(['tasks', '--json'])]);
    expect([table.code, json.code]).toEqual([0, 0]);
    expect(table.stdout).toMatch(
      /^TASK +SCHEDULE +LAST RUN +NEXT +STATE\ninbox-sync +\*\/5 \* \* \* \* .* ready\n/,
    );
    expect(parse<unknown[]>(json)[0]).toMatchObject({ name: 'inbox-sync', configured: true });
  });
});

// One after the other: side by side, the end of one test would drop the database of another.
describe('cronhook tasks', () => {
  test('says which tasks are late or failing, and since when', async () => {
    const fresh = await createDatabase(inject('postgresUrl'));
    onTestFinished(() => fresh.drop());
    await withDatabase(async (db) => {
      await migrate(db);
      await db.rows(sql`insert into cronhook.task_runs (task, status, trigger, host, started_at, finished_at)
        values ('wealth', 'succeeded', 'http', 'x', '2026-03-01T02:15:00Z', '2026-03-01T02:15:01Z'),
          ('statistics', 'failed', 'http', 'x', now(), now())`);
    }, fresh.url);
    const { stdout } = await cronhook(['tasks'], { DATABASE_URL: fresh.url });
    expect(stdout).toMatch(/^wealth .* late since 2026-03-02 03:46:00 CET$/m);
    expect(stdout).toMatch(/^statistics .* failing since \d{4}-\d\d-\d\d /m);
    expect(stdout).toMatch(/^followups .* set /m);
    expect(stdout).toMatch(/^inbox-sync .* ready$/m);
  });

  test('says in one place how a task fares, in the site’s time; JSON stays in UTC', async () => {
    const fresh = await createDatabase(inject('postgresUrl'));
    onTestFinished(() => fresh.drop());
    await withDatabase(async (db) => {
      await migrate(db);
      await db.rows(sql`insert into cronhook.task_runs (task, status, trigger, host, started_at, finished_at)
        values ('wealth', 'failed', 'http', 'x', '2026-07-01T10:00:00Z', '2026-07-01T10:00:05Z'),
          ('statistics', 'succeeded', 'http', 'x', now(), now())`);
      // Alerts may end later than what they tell of.
      await db.rows(sql`insert into cronhook.incidents (source, severity, title, opened_at, last_seen_at)
        values ('task:wealth', 'important', 'x', '2026-01-01T10:00:00Z', now()),
          ('task:statistics', 'important', 'x', '2026-01-01T10:00:00Z', now())`);
    }, fresh.url);
    const env = { DATABASE_URL: fresh.url };
    const [table, json] = await Promise.all([cronhook(['tasks'], env), cronhook(['tasks', '--json'], env)]);
    expect(table.stdout).toMatch(
      /^wealth .*2026-07-01 12:00:00 CEST failed .* late since 2026-07-02 03:46:00 CEST$/m,
    );
    expect(table.stdout).toMatch(/^statistics .* ready$/m);
    expect(table.stdout).not.toContain('2026-01-01');
    const tasks = parse<{ name: string; health: { since: string | null } }[]>(json);
    expect(tasks.find(({ name }) => name === 'wealth')?.health.since).toBe('2026-07-02T01:46:00.000Z');
    expect(JSON.stringify(tasks)).not.toContain('2026-01-01');
  });

  test('warns of a setting that cannot be read, on standard error', async () => {
    const fresh = await createDatabase(inject('postgresUrl'));
    onTestFinished(() => fresh.drop());
    await withDatabase(async (db) => {
      await migrate(db);
      await db.rows(
        sql`insert into cronhook.settings (key, value) values ('task.outbox.schedule', 'hourly')`,
      );
    }, fresh.url);
    const ended = await cronhook(['tasks', '--json'], { DATABASE_URL: fresh.url });
    expect(ended.code).toBe(0);
    expect(ended.stderr).toContain('setting task.outbox.schedule');
    expect(parse<unknown[]>(ended)[0]).toMatchObject({ name: 'inbox-sync' });
  });
});

describe.concurrent('cronhook run', () => {
  test('runs the task, tells how it went and exits with 0', async () => {
    const ended = await cronhook(['run', 'inbox-sync']);
    expect(ended.code).toBe(0);
    expect(ended.stdout).toMatch(
      /^succeeded: Synchronisation inbox terminée avec succès \(\d+ ms, [0-9a-f-]{36}\)\n/,
    );
    expect(ended.stderr).toContain('run finished');
    const runId = ended.stdout.match(/[0-9a-f-]{36}/)?.[0] ?? '';
    const [row] = await withDatabase((db) =>
      db.rows(sql`select status, trigger, dry_run from cronhook.task_runs where id = ${runId}::uuid`),
    );
    expect(row).toEqual({ status: 'succeeded', trigger: 'cli', dry_run: false });
  });

  test('exits with 1 when the run fails, and says so without SQL', async () => {
    const broken = await createDatabase(inject('postgresUrl'));
    await withDatabase(async (db) => {
      await migrate(db);
      await db.rows(sql`alter table cronhook.inbox_integrations rename to gone`);
    }, broken.url);
    const ended = await cronhook(['run', 'inbox-sync', '--json'], { DATABASE_URL: broken.url });
    await broken.drop();
    expect(ended.code).toBe(1);
    expect(parse(ended)).toMatchObject({ success: false, status: 'failed', error: 'task_failed' });
    expect(ended.stdout + ended.stderr).not.toMatch(/select |order by/);
  });

  test('--dry-run, --force and --json give the answer of HTTP, and JSON only', async () => {
    const fresh = await createDatabase(inject('postgresUrl'));
    await withDatabase(migrate, fresh.url);
    const ended = await cronhook(['run', 'inbox-sync', '--dry-run', '--force', '--json'], {
      DATABASE_URL: fresh.url,
    });
    expect(ended.code).toBe(0);
    expect(parse(ended)).toMatchObject({ success: true, task: 'inbox-sync', dryRun: true, details: [] });
    const rows = await withDatabase((db) => db.rows(sql`select dry_run from cronhook.task_runs`), fresh.url);
    expect(rows).toEqual([{ dry_run: true }]);
    await fresh.drop();
  });

  test('a task that runs already is not started again, which is no failure', async () => {
    const busy = await createDatabase(inject('postgresUrl'));
    const runId = '01970000-0000-7000-8000-000000000000';
    await withDatabase(async (db) => {
      await migrate(db);
      await db.rows(
        sql`insert into cronhook.task_leases (task, run_id, expires_at) values ('inbox-sync', ${runId}, now() + interval '1 minute')`,
      );
      await db.rows(
        sql`insert into cronhook.task_runs (id, task, status, trigger, host, started_at) values (${runId}, 'inbox-sync', 'running', 'http', 'x', now())`,
      );
    }, busy.url);
    const ended = await cronhook(['run', 'inbox-sync', '--json'], { DATABASE_URL: busy.url });
    await busy.drop();
    expect(ended.code).toBe(0);
    expect(parse(ended)).toMatchObject({ success: true, status: 'skipped', runId });
  });

  test('an unknown task exits with 1 and names the known ones', async () => {
    const ended = await cronhook(['run', 'inbox-sink']);
    expect([ended.code, ended.stdout]).toEqual([1, '']);
    expect(ended.stderr).toContain('Unknown task inbox-sink: expected inbox-sync');
  });

  test('a database that is away exits with 1 and names DATABASE_URL, not its password', async () => {
    const ended = await cronhook(['run', 'inbox-sync'], {
      DATABASE_URL: 'postgresql://app:hidden-password@127.0.0.1:1/none',
    });
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain('DATABASE_URL');
    expect(ended.stdout + ended.stderr).not.toContain('hidden-password');
  });
});

describe('cronhook runs', () => {
  test('prints the history, newest first, filtered as asked', async () => {
    const fresh = await createDatabase(inject('postgresUrl'));
    onTestFinished(() => fresh.drop());
    await withDatabase(async (db) => {
      await migrate(db);
      for (const [day, status] of [
        [1, 'succeeded'],
        [2, 'failed'],
        [3, 'succeeded'],
      ] as const)
        await db.rows(sql`insert into cronhook.task_runs (task, status, trigger, host, started_at, message)
          values ('inbox-sync', ${status}, 'http', 'x', ${`2026-01-0${day}T00:00:00Z`}::timestamptz, ${`day ${day}`})`);
    }, fresh.url);
    const env = { DATABASE_URL: fresh.url };
    const [table, json, unknown] = await Promise.all([
      cronhook(['runs'], env),
      cronhook(['runs', '--status', 'succeeded', '--task', 'inbox-sync', '--limit', '1', '--json'], env),
      cronhook(['runs', '--status', 'done'], env),
    ]);
    expect(table.stdout).toMatch(/^STARTED .*MESSAGE\n.*day 3\n.*day 2\n.*day 1\n$/s);
    expect(table.stdout).toContain('\n2026-01-03 01:00:00 CET ');
    expect(parse<{ message: string }[]>(json).map(({ message }) => message)).toEqual(['day 3']);
    expect(unknown.code).toBe(1);
    expect(unknown.stderr).toContain('expected running, succeeded');
  });

  test('with the id of a run prints all about it, its errors and its log too', async () => {
    const fresh = await createDatabase(inject('postgresUrl'));
    onTestFinished(() => fresh.drop());
    const id = '01970000-0000-7000-8000-000000000001';
    await withDatabase(async (db) => {
      await migrate(db);
      await db.rows(sql`insert into cronhook.task_runs
        (id, task, status, trigger, host, started_at, finished_at, duration_ms, message, stats, errors, log) values
        (${id}::uuid, 'inbox-sync', 'partial', 'http', 'box', '2026-01-01T00:00:00Z', '2026-01-01T00:00:02Z', 2000,
          'sauf 1 élément', '{"failed": 1}', '[{"item": "a@b.fr", "message": "refused"}]',
          '[{"at": "2026-01-01T00:00:01Z", "level": "warn", "message": "item failed", "item": "a@b.fr"}]')`);
    }, fresh.url);
    const env = { DATABASE_URL: fresh.url };
    const [text, json, ...unknown] = await Promise.all([
      cronhook(['runs', id], env),
      cronhook(['runs', id, '--json'], env),
      cronhook(['runs', id.replace(/1$/, '2')], env),
      cronhook(['runs', 'x'], env),
      cronhook(['runs', id], { ...env, TASKS: 'outbox' }),
    ]);
    expect(text.stdout).toBe(`run       ${id}
task      inbox-sync
status    partial
started   2026-01-01 01:00:00 CET by http on box
finished  2026-01-01 01:00:02 CET after 2000 ms
message   sauf 1 élément
  failed: 1
  ! a@b.fr: refused
2026-01-01 01:00:01 CET warn item failed {"item":"a@b.fr"}
`);
    expect(parse(json)).toMatchObject({ id, startedAt: '2026-01-01T00:00:00.000Z', stats: { failed: 1 } });
    for (const ended of unknown) {
      expect([ended.code, ended.stdout]).toEqual([1, '']);
      expect(ended.stderr).toMatch(/^No run /);
    }
  });
});

describe('cronhook urls', () => {
  test('prints an address for each task that opens this task and nothing else', async () => {
    const service = await startTestService({ databaseUrl: database.url, migrated: false });
    const env = { PUBLIC_URL: service.url };
    const [table, json] = await Promise.all([
      cronhook(['urls', '--wait', '25'], env),
      cronhook(['urls', '--json'], env),
    ]);
    const urls = parse<{ task: string; url: string }[]>(json);
    expect(urls.map(({ task }) => task)).toEqual(service.context.tasks.map(({ name }) => name));
    for (const { url } of urls) {
      // What is not configured here, or needs the network, says so to whoever may call it.
      expect([200, 500, 503]).toContain((await fetch(url)).status);
      const secret = new URL(url).searchParams.get('secret') ?? '';
      expect(secret).not.toBe(SECRET);
      const others = service.context.tasks.map(({ path }) => path).filter((path) => !url.includes(path));
      for (const path of [...others, '/tasks', '/runs', '/inbox/integrations'])
        expect((await service.fetch(`${path}?secret=${secret}`)).status).toBe(403);
      const waiting = new URL(url);
      waiting.search = `?wait=25&secret=${secret}`;
      expect(table.stdout).toContain(waiting.toString());
    }
    const toRead = table.stdout.match(/\S+(\/tasks\/health|\/metrics)\?\S+/g) ?? [];
    expect(toRead).toHaveLength(2);
    for (const url of toRead) expect([200, 503]).toContain((await fetch(url)).status);
    expect(table.stdout + json.stdout).not.toContain(SECRET);
  });

  test('needs no database, and refuses a wait that no call may ask for', async () => {
    const [ended, refused] = await Promise.all([
      cronhook(['urls'], { DATABASE_URL: 'postgresql://app:x@127.0.0.1:1/none' }),
      cronhook(['urls', '--wait', '3601']),
    ]);
    expect(ended.code).toBe(0);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('expected a whole number from 0 to 3600');
  });
});

describe('cronhook secret', () => {
  test('prints a fresh secret of 32 characters or more, fit for production and URLs, and needs no configuration', async () => {
    const bad = { NODE_ENV: 'production', DATABASE_URL: '', CRON_SECRET: '' };
    const [first, second] = await Promise.all([cronhook(['secret'], bad), cronhook(['secret'], bad)]);
    for (const { stdout } of [first, second]) expect(stdout).toMatch(/^[\w-]{32,}\n$/);
    expect(first.stdout).not.toBe(second.stdout);
  });
});

describe('cronhook migrate', () => {
  test('applies each migration once, were it started three times at once and then again', async () => {
    const fresh = await createDatabase(inject('postgresUrl'));
    onTestFinished(() => fresh.drop());
    const run = () => cronhook(['migrate'], { DATABASE_URL: fresh.url });
    const three = await Promise.all([run(), run(), run()]);
    expect(three.map(({ code }) => code)).toEqual([0, 0, 0]);
    const said = three.map(({ stdout }) => stdout).sort();
    expect(said[0]).toMatch(/^Applied \d+ migration/);
    expect(said.slice(1)).toEqual(Array(2).fill('Nothing to apply: the database is up to date\n'));
    expect((await run()).stdout).toBe('Nothing to apply: the database is up to date\n');
    const ended = await cronhook(['tasks', '--json'], { DATABASE_URL: fresh.url });
    expect(ended.code).toBe(0);
  });
});

describe('cronhook config check', () => {
  const wrong = {
    NODE_ENV: 'production',
    DATABASE_URL: 'mysql://app:hidden-password@db/x',
    CRON_SECRET: 'hidden-but-short',
    ENCRYPTION_KEY: 'hidden-key',
    PORT: 'x',
    TASKS: 'inbox-sink',
    TIMEZONE: 'Mars',
  };

  test('says every problem at once, exits with 1 and prints no secret', async () => {
    const [text, json] = await Promise.all([
      cronhook(['config', 'check'], wrong),
      cronhook(['config', 'check', '--json'], wrong),
    ]);
    expect([text.code, json.code]).toEqual([1, 1]);
    const { ok, problems } = parse<{ ok: boolean; problems: string[] }>(json);
    expect(ok).toBe(false);
    for (const name of ['DATABASE_URL', 'CRON_SECRET', 'ENCRYPTION_KEY', 'PORT', 'TASKS', 'TIMEZONE']) {
      expect(text.stderr).toContain(`  - ${name}: `);
      expect(problems.join('\n')).toContain(`${name}: `);
    }
    expect(text.stdout + text.stderr + json.stdout + json.stderr).not.toContain('hidden');
  });

  test('shows the values in force where they are valid, secrets excepted, and exits with 0', async () => {
    const key = Buffer.alloc(32, 7).toString('base64');
    const env = { ENCRYPTION_KEY: key, CRON_ALLOWED_IPS: '10.0.0.0/8', SMTP_URL: 'smtp://u:hidden@mail:25' };
    const [text, json] = await Promise.all([
      cronhook(['config', 'check'], env),
      cronhook(['config', 'check', '--json'], env),
    ]);
    expect([text.code, json.code]).toEqual([0, 0]);
    expect(text.stdout).toMatch(/PORT +default +3000\n/);
    expect(text.stdout).toMatch(/CRON_ALLOWED_IPS +environment +10\.0\.0\.0\/8\n/);
    expect(text.stdout).toMatch(/CRON_SECRET +environment +\[secret\]\n/);
    expect(text.stdout).toContain('The configuration is valid');
    expect(parse(json)).toMatchObject({ ok: true, problems: [] });
    const printed = text.stdout + text.stderr + json.stdout + json.stderr;
    for (const secret of [SECRET, key, 'hidden', new URL(database.url).password])
      expect(printed).not.toContain(secret);
  });
});

describe('cronhook config check with a database', () => {
  test('names the settings that cannot be read, and what holds in their place', async () => {
    const fresh = await createDatabase(inject('postgresUrl'));
    onTestFinished(() => fresh.drop());
    await withDatabase(async (db) => {
      await migrate(db);
      await db.rows(sql`insert into cronhook.settings (key, value) values
        ('task.outbox.schedule', 'hourly'), ('task.followups.enabled', 'maybe'), ('task.inbox-sync.enabled', 'FALSE'),
        ('task.overdue-reminders.schedule', '')`);
    }, fresh.url);
    const env = { DATABASE_URL: fresh.url };
    const [text, json] = await Promise.all([
      cronhook(['config', 'check'], env),
      cronhook(['config', 'check', '--json'], env),
    ]);
    expect([text.code, json.code]).toEqual([0, 0]);
    const warnings = parse<{ warnings: string[] }>(json).warnings.filter((line) =>
      line.startsWith('setting'),
    );
    expect(warnings).toEqual([
      'setting task.followups.enabled: "maybe" is neither true nor false; the task stays on',
      'setting task.outbox.schedule: "hourly" is no cron expression; */5 * * * * holds',
    ]);
    for (const warning of warnings) expect(text.stdout).toContain(`  ! ${warning}\n`);
  });

  test('says that it could not read them, and that is no mistake of the environment', async () => {
    const empty = await createDatabase(inject('postgresUrl'));
    onTestFinished(() => empty.drop());
    const away = 'postgresql://app:hidden-password@127.0.0.1:1/none';
    const [unmigrated, unreachable] = await Promise.all([
      cronhook(['config', 'check'], { DATABASE_URL: empty.url }),
      cronhook(['config', 'check'], { DATABASE_URL: away }),
    ]);
    expect([unmigrated.code, unreachable.code]).toEqual([0, 0]);
    expect(unmigrated.stdout).toMatch(/the settings were not checked.*cronhook migrate/);
    expect(unreachable.stdout).toMatch(/the settings were not checked.*127\.0\.0\.1:1/);
    expect(unreachable.stdout + unreachable.stderr).not.toContain('hidden-password');
  });
});

describe('a database that cannot be had', () => {
  const wrongPassword = { password: 'hidden-password' };
  const addressWith = (change: Partial<URL>): string =>
    Object.assign(new URL(inject('postgresUrl')), change).toString();

  const expectOneLine = (ended: Ended, said: RegExp) => {
    expect([ended.code, ended.stdout]).toEqual([1, '']);
    expect(ended.stderr).toMatch(said);
    expect(ended.stderr.trimEnd()).not.toContain('\n');
    expect(ended.stderr).not.toContain('hidden-password');
  };

  test('is named in one line that says what to check, the password left out', async () => {
    const cases: [Partial<URL>, RegExp][] = [
      [wrongPassword, /^PostgreSQL refuses the user or the password of DATABASE_URL/],
      [
        { pathname: '/no_such_database' },
        /^PostgreSQL has no such database \(.*no_such_database.*\): check the name/,
      ],
      [
        { host: 'nowhere.invalid', ...wrongPassword },
        /^The host nowhere\.invalid of DATABASE_URL is not found/,
      ],
      [{ port: '1', ...wrongPassword }, /^Nothing listens at \S+:1: check host and port in DATABASE_URL/],
    ];
    const all = await Promise.all(
      cases.map(([change]) => cronhook(['tasks'], { DATABASE_URL: addressWith(change) })),
    );
    for (const [index, [, said]] of cases.entries()) expectOneLine(all[index] as Ended, said);
  });

  test('is named by every command alike', async () => {
    const env = { DATABASE_URL: addressWith(wrongPassword), LOG_LEVEL: 'silent' };
    const all = await Promise.all([['run', 'inbox-sync'], ['migrate']].map((args) => cronhook(args, env)));
    for (const ended of all) expectOneLine(ended, /^PostgreSQL refuses the user or the password/);
  });

  test('ends the start of the service at once where PostgreSQL is up and refuses', async () => {
    for (const change of [wrongPassword, { pathname: '/no_such_database' }]) {
      const starting = spawnService({ DATABASE_URL: addressWith(change), CRON_SECRET: SECRET });
      await expect(starting).rejects.toThrow(/ended with 1:\nPostgreSQL .* DATABASE_URL.*\n$/);
    }
  });
});

describe('every command', () => {
  test('stops with every problem of the configuration and exit code 1 before it does anything', async () => {
    const env = { NODE_ENV: 'production', DATABASE_URL: '', CRON_SECRET: '', PORT: 'x' };
    for (const ended of await Promise.all([cronhook(['tasks'], env), cronhook(['urls'], env)])) {
      expect([ended.code, ended.stdout]).toEqual([1, '']);
      for (const name of ['DATABASE_URL', 'CRON_SECRET', 'PORT']) expect(ended.stderr).toContain(`${name}: `);
      expect(ended.stderr).not.toMatch(/\bat .*:\d+:\d+/);
    }
  });

  test('that does not exist is an error with the help', async () => {
    const ended = await cronhook(['rnu']);
    expect(ended.code).toBe(1);
    expect(ended.stderr).toMatch(/unknown command 'rnu'[\s\S]*Usage: cronhook/);
  });
});
