import { expect, test } from 'vitest';
import { restoreProblem } from '../../../src/backups/restore-problem.js';

const END = { code: 3, signal: null, startCode: undefined };
const from = (...lines: string[]) => restoreProblem({ ...END, messages: lines.join('\n') });

test.each([
  [['psql:<stdin>:12: error: invalid command \\restrict'], 'psql is too old'],
  [
    [
      'psql:<stdin>:9: FEHLER:  53200: Shared Memory aufgebraucht',
      'TIPP:  Sie müssen möglicherweise max_locks_per_transaction erhöhen.',
    ],
    'raise max_locks_per_transaction',
  ],
  [['psql:<stdin>:9: ERROR:  53200: out of memory', 'DETAIL:  Failed on request of size 1'], 'out of memory'],
  [
    ['psql:<stdin>:9: ERREUR:  53100: n’a pas pu étendre le fichier'],
    'disk of the PostgreSQL server is full',
  ],
  [['psql:<stdin>:1: ERROR:  25006: cannot set transaction read-write mode'], 'accepts reads only'],
  [
    [
      'psql:<stdin>:9: ERROR:  58P01: could not open extension control file "/usr/share/x/postgis.control": No such',
    ],
    'The extension postgis is not available',
  ],
  [['psql:<stdin>:9: ERROR:  0A000: extension "postgis" is not available'], 'The extension postgis is not'],
  [
    ['psql:<stdin>:9: ERROR:  58P01: could not access file "$libdir/postgis-3": No such'],
    'extension postgis-3 is',
  ],
  [['psql:<stdin>:9: ERROR:  42501: permission denied to create role'], 'permission denied to create role'],
  [['psql:<stdin>:5: error: connection to server was lost'], 'was lost'],
  [
    ['psql: error: connection to server at "x" (::1), port 1 failed: Connection refused'],
    'connection to the PostgreSQL server was lost',
  ],
  [
    [
      'psql:<stdin>:2: WARNING:  01000: careful',
      'psql:<stdin>:3: ERROR:  42P07: relation "t" already exists',
    ],
    'relation "t" already exists (SQLSTATE 42P07)',
  ],
  [
    [
      'psql:<stdin>:3: ERROR:  22P02: invalid input syntax for type integer: "secret"',
      'CONTEXT:  COPY t: "secret"',
    ],
    ': SQLSTATE 22P02',
  ],
])('%j is told in plain words', (lines, said) => {
  const { message } = from(...lines);
  expect(message).toContain(said);
  expect(message).not.toContain('secret');
});

test('a psql that was killed or could not start says so', () => {
  expect(restoreProblem({ ...END, code: null, signal: 'SIGKILL', messages: '' }).message).toContain(
    'SIGKILL',
  );
  expect(restoreProblem({ ...END, code: null, startCode: 'ENOENT', messages: '' }).message).toContain(
    'ENOENT',
  );
  expect(from().message).toContain('code 3');
});
