import { expect, test, vi } from 'vitest';
import { libpqEnvironment, parsePostgresUrl, placeOf } from '../../../src/clients/postgres-url.js';
import { Secret } from '../../../src/secret.js';

const environment = (url: string) => libpqEnvironment(new Secret(url));

test('user, password and database are decoded', () => {
  const url =
    'postgres://us%40er:p%C3%A9%3A%2F%40ss:w@db.example.com:6543/l%27%C3%A9t%C3%A9%20%22x%22?sslmode=require';
  expect(environment(url)).toMatchObject({
    PGHOST: 'db.example.com',
    PGPORT: '6543',
    PGUSER: 'us@er',
    PGPASSWORD: 'pé:/@ss:w',
    PGDATABASE: 'l\'été "x"',
    PGSSLMODE: 'require',
  });
});

test('a child sees none of our own secrets', () => {
  vi.stubEnv('CRON_SECRET', 'a secret');
  vi.stubEnv('PGPASSWORD', 'another');
  const env = environment('postgres://localhost/x');
  vi.unstubAllEnvs();
  expect(env).not.toHaveProperty('CRON_SECRET');
  expect(env).not.toHaveProperty('PGPASSWORD');
  expect(env).toMatchObject({ PATH: process.env.PATH, PGAPPNAME: 'cronhook', LC_ALL: 'C', PGPORT: '5432' });
});

test.each([
  ['postgres://u:p@[::1]:5433/x', '::1', '5433'],
  ['postgres://u:p@/x?host=/var/run/postgresql', '/var/run/postgresql', '5432'],
  ['postgres://u:p@%2Fvar%2Frun%2Fpostgresql/x', '/var/run/postgresql', '5432'],
  ['postgres://u:p@a:1,b/x?target_session_attrs=primary', 'a,b', '1,5432'],
])('%s leads to its host', (url, host, port) => {
  expect(environment(url)).toMatchObject({ PGHOST: host, PGPORT: port });
});

test.each([
  ['sslmode=no-verify', 'require'],
  ['ssl=true', 'require'],
  ['ssl=false', 'disable'],
  ['sslmode=verify-full&pgbouncer=true', 'verify-full'],
])('%s is said in the words of libpq', (query, mode) => {
  expect(environment(`postgres://h/x?${query}`).PGSSLMODE).toBe(mode);
});

test('authorities are named only where certificates are verified', () => {
  expect(environment('postgres://h/x?sslmode=require')).not.toHaveProperty('PGSSLROOTCERT');
  expect(environment('postgres://h/x?sslmode=verify-full&sslrootcert=/ca.pem').PGSSLROOTCERT).toBe('/ca.pem');
});

test('a place names no credentials', () => {
  expect(placeOf(parsePostgresUrl(new Secret('postgres://u:p@[::1]/x')))).toBe('[::1]:5432');
});
