import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const opensslAvailable = (): boolean => {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

export interface Authority {
  /** PEM, for who is to trust it. */
  ca: string;
  issue(names: string, days: number): { key: string; cert: string };
  /** Of the same key, signed by nobody else. */
  selfSigned(): string;
  close(): void;
}

/** An authority that openssl makes; `issue('DNS:a.example,IP:127.0.0.1', -1)` expired yesterday. */
export function createAuthority(): Authority {
  const dir = mkdtempSync(join(tmpdir(), 'cronhook-ca-'));
  const file = (name: string) => join(dir, name);
  const run = (...args: string[]) => execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  run(
    ...['req', '-x509', ...key, '-days', '30', '-subj', '/CN=Cronhook test authority'],
    ...['-keyout', file('ca.key'), '-out', file('ca.pem')],
  );
  run('req', '-new', ...key, '-subj', '/CN=probe', '-keyout', file('key'), '-out', file('csr'));
  return {
    ca: readFileSync(file('ca.pem'), 'utf8'),
    issue(names, days) {
      writeFileSync(file('names'), `subjectAltName=${names}\n`);
      run(
        ...['x509', '-req', '-in', file('csr'), '-CA', file('ca.pem'), '-CAkey', file('ca.key')],
        ...['-CAcreateserial', '-days', String(days), '-extfile', file('names'), '-out', file('cert')],
      );
      return { key: readFileSync(file('key'), 'utf8'), cert: readFileSync(file('cert'), 'utf8') };
    },
    selfSigned() {
      const signed = ['-key', file('key'), '-days', '10', '-subj', '/CN=probe', '-out', file('self')];
      run('req', '-x509', ...signed, '-addext', 'subjectAltName=DNS:shop.example');
      return readFileSync(file('self'), 'utf8');
    },
    close: () => rmSync(dir, { recursive: true, force: true }),
  };
}
