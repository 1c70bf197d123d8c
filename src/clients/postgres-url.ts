import { existsSync } from 'node:fs';
import type { Options } from 'postgres';
import type { Secret } from '../secret.js';

/** A connection URL in its parts, decoded; what is not given is undefined. */
export interface PostgresTarget {
  hosts: string[];
  /** One a host. */
  ports: number[];
  user: string | undefined;
  password: string | undefined;
  database: string | undefined;
  sslmode: string | undefined;
  sslrootcert: string | undefined;
  targetSession: string | undefined;
}

const DEFAULT_PORT = 5432;

export function parsePostgresUrl(secret: Secret): PostgresTarget {
  const [, authority = '', rest = ''] = /^[^:]+:\/\/([^/?#]*)(.*)$/s.exec(secret.reveal()) ?? [];
  const [, path = '', query = ''] = /^\/?([^?#]*)\??([^#]*)/s.exec(rest) ?? [];
  const parameters = new URLSearchParams(query);
  const parameter = (name: string) => parameters.get(name) || undefined;
  const at = authority.lastIndexOf('@');
  const [user = '', ...password] = authority.slice(0, Math.max(at, 0)).split(':');
  const places = authority
    .slice(at + 1)
    .split(',')
    .map(splitPlace);
  const socket = parameter('host');
  return {
    hosts: socket ? [socket] : places.map(({ host }) => host || 'localhost'),
    ports: socket ? [places[0]?.port ?? DEFAULT_PORT] : places.map(({ port }) => port),
    user: decodeURIComponent(user) || undefined,
    password: decodeURIComponent(password.join(':')) || undefined,
    database: decodeURIComponent(path) || undefined,
    sslmode: sslModeOf(parameter('sslmode') ?? parameter('ssl')),
    sslrootcert: parameter('sslrootcert'),
    targetSession: parameter('target_session_attrs'),
  };
}

/** An address of six groups stands in brackets, a folder of sockets is percent-encoded. */
function splitPlace(place: string): { host: string; port: number } {
  const [, host = '', port] = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(place) ?? [];
  return {
    host: decodeURIComponent(host).replace(/^\[(.*)\]$/, '$1'),
    port: port ? Number(port) : DEFAULT_PORT,
  };
}

/** The words of libpq; `no-verify` is node-postgres's, `true` and `false` are postgres.js's. */
function sslModeOf(value: string | undefined): string | undefined {
  if (value === 'no-verify' || value === 'true' || value === '1') return 'require';
  if (value === 'false' || value === '0') return 'disable';
  return value;
}

/** Host and port, for people. */
export const placeOf = ({ hosts, ports }: PostgresTarget): string =>
  hosts.map((host, i) => `${host.includes(':') ? `[${host}]` : host}:${ports[i]}`).join(',');

/** For postgres.js, which decodes neither the database's name nor IPv6 addresses and folders of sockets. */
export function driverOptions(target: PostgresTarget): Options<Record<string, never>> {
  const { hosts, ports, user, password, database, sslmode, targetSession } = target;
  const [host = ''] = hosts;
  const options = {
    host: hosts,
    port: ports,
    ...(host.startsWith('/') && { path: `${host}/.s.PGSQL.${ports[0]}` }),
    ...(user !== undefined && { user }),
    ...(password !== undefined && { password }),
    ...(database !== undefined && { database }),
    ...(sslmode !== undefined && { ssl: sslmode === 'disable' ? false : sslmode }),
    ...(targetSession !== undefined && { target_session_attrs: targetSession }),
  };
  // Its types know neither several hosts nor the words of sslmode.
  return options as unknown as Options<Record<string, never>>;
}

/** What our own process may have in its environment that programs need to run, and that is no secret. */
const HARMLESS = ['PATH', 'LD_LIBRARY_PATH', 'SSL_CERT_FILE', 'SSL_CERT_DIR', 'SYSTEMROOT', 'TMPDIR'];

const CERTIFICATE_BUNDLES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/cert.pem',
];

/**
 * What libpq reads from the environment: the password stands in no process list, and the child sees none of our own
 * secrets.
 */
export function libpqEnvironment(url: Secret): Record<string, string> {
  const target = parsePostgresUrl(url);
  const { sslmode } = target;
  const env: Record<string, string | undefined> = {
    ...Object.fromEntries(HARMLESS.map((name) => [name, process.env[name]])),
    LC_ALL: 'C',
    PGHOST: target.hosts.join(','),
    PGPORT: target.ports.join(','),
    PGUSER: target.user,
    PGPASSWORD: target.password,
    PGDATABASE: target.database,
    PGSSLMODE: sslmode,
    // Given with sslmode=require, libpq would verify as with verify-ca.
    PGSSLROOTCERT: sslmode?.startsWith('verify') ? (target.sslrootcert ?? authorities()) : undefined,
    PGTARGETSESSIONATTRS: target.targetSession,
    PGAPPNAME: 'cronhook',
    PGCONNECT_TIMEOUT: '10',
  };
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => !!entry[1]));
}

/** Those that Node trusts are public ones too; libpq would look in the home folder alone. */
const authorities = (): string | undefined =>
  process.env.PGSSLROOTCERT ?? process.env.NODE_EXTRA_CA_CERTS ?? CERTIFICATE_BUNDLES.find(existsSync);
