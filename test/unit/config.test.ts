import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ConfigError, loadConfig, VARIABLES } from '../../src/config.js';
import { secretValues } from '../../src/config-secrets.js';
import { Secret } from '../../src/secret.js';

const PRODUCTION = {
  DATABASE_URL: 'postgresql://app:password@db.example.com:5432/app',
  CRON_SECRET: 'x'.repeat(32),
};

function problemsOf(env: Record<string, string>): string[] {
  try {
    loadConfig(env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

const testProblems = (env: Record<string, string>) => problemsOf({ NODE_ENV: 'test', ...env });

describe('the configuration', () => {
  test('reports every problem at once, each with its variable’s name', () => {
    const wrong = {
      PORT: '99999',
      HOST_FILE: '/does/not/exist',
      TASKS: 'inbox-sink',
      CRON_ALLOWED_IPS: '10.0.0.0/33, example.com',
      DATABASE_URL: 'mysql://localhost/x',
      ENCRYPTION_KEY: 'short',
      PUBLIC_URL: 'example.com',
      LOCALE: 'de',
      TIMEZONE: 'Europe/Lutetia',
      LOG_LEVEL: 'loud',
      LOG_FORMAT: 'xml',
      SMTP_URL: 'http://mail',
      S3_FORCE_PATH_STYLE: 'perhaps',
      INBOX_CONCURRENCY: '0',
      CRON_SECRET: 'short',
    };
    const problems = problemsOf(wrong);
    for (const name of Object.keys(wrong)) {
      expect(problems.filter((problem) => problem.startsWith(`${name}:`))).not.toHaveLength(0);
    }
    expect(problems.filter((problem) => problem.startsWith('CRON_ALLOWED_IPS:'))).toHaveLength(2);
    for (const problem of problems) expect(problem).toMatch(/^[A-Z][A-Z0-9_]+: ./);
  });

  test('never repeats a secret in a problem', () => {
    const value = 'do-not-print-me';
    const problems = testProblems({
      DATABASE_URL: `mysql://app:${value}@db/x`,
      BACKUP_DATABASE_URL: `${value}%`,
      ENCRYPTION_KEY: value,
      SMTP_URL: `http://u:${value}@mail`,
    });
    expect(problems).toHaveLength(4);
    expect(problems.join('\n')).not.toContain(value);
    expect(problemsOf({ ...PRODUCTION, CRON_SECRET: value }).join()).not.toContain(value);
  });

  test('an empty value counts as unset', () => {
    const empty = Object.fromEntries(VARIABLES.map((name) => [name, name === 'NODE_ENV' ? 'test' : ' ']));
    expect(inspect(loadConfig(empty))).toBe(inspect(loadConfig({ NODE_ENV: 'test' })));
    expect(problemsOf({ ...PRODUCTION, CRON_SECRET: '' }).join()).toMatch(/^CRON_SECRET: required/);
  });

  test('has the defaults of the contract', () => {
    expect(loadConfig({ NODE_ENV: 'test' })).toMatchObject({
      PORT: 3000,
      RESPONSE_WAIT_SECONDS: 25,
      TRUST_PROXY: 0,
      DATABASE_POOL_MAX: 10,
      PUBLIC_URL: 'http://localhost:3000',
      APP_URL: 'http://localhost:3000',
      LOCALE: 'fr',
      TIMEZONE: 'Europe/Paris',
      LOG_LEVEL: 'info',
      BACKUP_PREFIX: 'backups/database',
      BACKUP_KEEP_DAYS: 1,
      BACKUP_KEEP_DAILY: 7,
      BACKUP_KEEP_WEEKLY: 4,
      BACKUP_KEEP_MONTHLY: 12,
      BINANCE_API_URL: 'https://data-api.binance.vision',
      EBAY_MARKETPLACE: 'EBAY_FR',
      PORTAINER_ENDPOINT_ID: 1,
      STACK_PORT_RANGE: '8100-8999',
      STACK_USAGE_PATH: '/api/usage',
      HEALTHCHECKS_URL: 'https://hc-ping.com',
      INBOX_CONCURRENCY: 4,
      SMTP_CONCURRENCY: 4,
      SHUTDOWN_GRACE_SECONDS: 25,
    });
  });

  test('links point to PUBLIC_URL, and into the application to APP_URL', () => {
    expect(loadConfig({ NODE_ENV: 'test', PORT: '8080' }).PUBLIC_URL).toBe('http://localhost:8080');
    const { PUBLIC_URL, APP_URL } = loadConfig({
      NODE_ENV: 'test',
      PUBLIC_URL: 'https://cron.example.com/',
    });
    expect([PUBLIC_URL, APP_URL]).toEqual(['https://cron.example.com', 'https://cron.example.com']);
  });

  test('never prints its secrets', () => {
    const config = loadConfig({ ...PRODUCTION, ADMIN_PASSWORD: 'admin-password' });
    for (const text of [inspect(config, { depth: 9 }), JSON.stringify(config)]) {
      expect(text).not.toContain('xxxx');
      expect(text).not.toContain('password@');
      expect(text).not.toContain('admin-password');
    }
  });
});

describe('a secret in a file', () => {
  function file(content: string): string {
    const directory = mkdtempSync(join(tmpdir(), 'cronhook-secret-'));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    writeFileSync(join(directory, 'value'), content);
    return join(directory, 'value');
  }

  test('is read from the file that NAME_FILE names, without its last line break', () => {
    const path = file(`${'y'.repeat(32)}\n`);
    const { CRON_SECRET } = loadConfig({
      NODE_ENV: 'production',
      DATABASE_URL_FILE: file(PRODUCTION.DATABASE_URL),
      CRON_SECRET_FILE: path,
    });
    expect(CRON_SECRET?.reveal()).toBe('y'.repeat(32));
  });

  test('is checked like any other', () => {
    expect(problemsOf({ ...PRODUCTION, CRON_SECRET: '', CRON_SECRET_FILE: file('short') }).join()).toMatch(
      /^CRON_SECRET: at least 32/,
    );
  });

  test('that cannot be read is a problem with the variable’s name', () => {
    expect(testProblems({ CRON_SECRET_FILE: '/does/not/exist' }).join()).toMatch(
      /^CRON_SECRET_FILE: .*ENOENT/,
    );
    expect(testProblems({ CRON_SECRET_FILE: file('\n') }).join()).toMatch(/^CRON_SECRET_FILE: .*empty/);
  });

  test('given twice is a problem, not a guess', () => {
    expect(testProblems({ CRON_SECRET: 'a', CRON_SECRET_FILE: file('b') }).join()).toMatch(/^CRON_SECRET: /);
  });

  test('named by an empty NAME_FILE does not exist', () => {
    expect(loadConfig({ NODE_ENV: 'test', CRON_SECRET_FILE: '' }).CRON_SECRET).toBeUndefined();
  });
});

describe('in production', () => {
  test.each([{}, { NODE_ENV: 'production' }, { NODE_ENV: 'staging' }, { NODE_ENV: 'Development' }])(
    'which is whatever is neither development nor test (%o), secret and database are required',
    (env) => {
      const problems = problemsOf(env);
      expect(problems.map((problem) => problem.split(':')[0]).sort()).toEqual([
        'CRON_SECRET',
        'DATABASE_URL',
      ]);
      expect(loadConfig({ ...env, ...PRODUCTION }).production).toBe(true);
    },
  );

  test('a CRON_SECRET of 31 characters is refused, one of 32 is taken', () => {
    expect(problemsOf({ ...PRODUCTION, CRON_SECRET: 'x'.repeat(31) }).join()).toMatch(
      /^CRON_SECRET: at least 32/,
    );
    expect(problemsOf({ ...PRODUCTION, CRON_SECRET: 'x'.repeat(32) })).toEqual([]);
  });

  test('padding does not make a secret long enough', () => {
    expect(problemsOf({ ...PRODUCTION, CRON_SECRET: `${'x'.repeat(20)}${' '.repeat(20)}` })).toHaveLength(1);
  });

  test('there is no encryption key but the one given', () => {
    expect(loadConfig(PRODUCTION).ENCRYPTION_KEY).toBeUndefined();
  });

  test.each(['development', 'test'])('%s needs neither, and has a fixed encryption key', (NODE_ENV) => {
    const config = loadConfig({ NODE_ENV });
    expect([config.production, config.CRON_SECRET, config.DATABASE_URL]).toEqual([
      false,
      undefined,
      undefined,
    ]);
    expect(Buffer.from(config.ENCRYPTION_KEY?.reveal() ?? '', 'base64')).toHaveLength(32);
    expect(loadConfig({ NODE_ENV: 'test', CRON_SECRET: 'short' }).CRON_SECRET?.reveal()).toBe('short');
  });
});

describe('a variable’s form', () => {
  test.each([
    '10.0.0.0/33',
    '10.0.0/8',
    '10/8',
    '10.1',
    '167772161',
    'example.com',
    '::/129',
    '10.0.0.1-10.0.0.9',
    'fe80::zz',
  ])('%s is neither an address nor a range', (text) => {
    expect(testProblems({ CRON_ALLOWED_IPS: `192.0.2.1, ${text}` })).toEqual([
      expect.stringMatching(new RegExp(`^CRON_ALLOWED_IPS: ${text.replaceAll('.', '\\.')} `)),
    ]);
  });

  test.each(['Paris', 'Europe/Lutetia', 'UTC+25', '12'])('%s is no time zone', (TIMEZONE) => {
    expect(testProblems({ TIMEZONE }).join()).toMatch(/^TIMEZONE: .*Europe\/Paris/);
  });

  test.each(['UTC', 'Europe/Paris', 'America/Los_Angeles'])('%s is a time zone', (TIMEZONE) => {
    expect(testProblems({ TIMEZONE })).toEqual([]);
  });

  test.each([
    ['-1', false],
    ['3.5', false],
    ['1e3', false],
    ['0x10', false],
    ['65536', false],
    ['3000a', false],
    ['0', true],
    ['65535', true],
    [' 3000 ', true],
  ])('PORT=%s: %s', (PORT, valid) => {
    expect(testProblems({ PORT })).toHaveLength(valid ? 0 : 1);
  });

  const key = (bytes: number) => Buffer.alloc(bytes, 0xfb).toString('base64');

  test.each([
    ['31 bytes', key(31), false],
    ['33 bytes', key(33), false],
    ['32 bytes in hex', Buffer.alloc(32).toString('hex'), false],
    ['32 characters', 'k'.repeat(32), false],
    ['32 bytes', key(32), true],
    ['32 bytes, URL-safe', Buffer.alloc(32, 0xfb).toString('base64url'), true],
  ])('an encryption key of %s: %s %s', (_what, value, valid) => {
    expect(testProblems({ ENCRYPTION_KEY: value })).toHaveLength(valid ? 0 : 1);
    expect(testProblems({ ENCRYPTION_KEY: key(32), ENCRYPTION_KEY_PREVIOUS: value })).toHaveLength(
      valid ? 0 : 1,
    );
  });

  test('a previous secret or key without the current one is a mistake', () => {
    expect(testProblems({ CRON_SECRET_PREVIOUS: 'a', ENCRYPTION_KEY_PREVIOUS: key(32) })).toEqual([
      expect.stringMatching(/^CRON_SECRET: missing/),
      expect.stringMatching(/^ENCRYPTION_KEY: missing/),
    ]);
  });

  test('TASKS knows tasks and products, and names what it does not know', () => {
    expect(loadConfig({ NODE_ENV: 'test', TASKS: 'inbox-sync, talos' }).TASKS).toEqual([
      'inbox-sync',
      'talos',
    ]);
    expect(testProblems({ TASKS: 'inbox-sync,inbox-sink' }).join()).toMatch(
      /^TASKS: unknown inbox-sink \(known: .*lokario.*inbox-sync/,
    );
  });
});

describe('a database password', () => {
  test('with an encoded percent sign is taken', () => {
    const url = 'postgresql://app:50%25off@db.example.com/app';
    expect(loadConfig({ NODE_ENV: 'test', DATABASE_URL: url }).DATABASE_URL).toBeInstanceOf(Secret);
  });

  test('with a lone percent sign is a problem that names the variable and the remedy', () => {
    expect(testProblems({ DATABASE_URL: 'postgresql://app:50%off@db.example.com/app' })).toEqual([
      expect.stringMatching(/^DATABASE_URL: .*URL-encoded/),
    ]);
  });

  test('is kept out of logs in each of its forms', () => {
    const config = loadConfig({
      NODE_ENV: 'test',
      DATABASE_URL: 'postgresql://app:50%25%2Foff@db.example.com/app',
    });
    expect(secretValues(config)).toEqual(expect.arrayContaining(['50%25%2Foff', '50%/off']));
  });
});
