import { createPostgresPrograms } from '../../src/clients/postgres-programs.js';

export const programs = createPostgresPrograms();

/** For a test's title; empty when the tests can run. */
export const missingPrograms =
  programs.has('pg_dump') && programs.has('psql')
    ? ''
    : ' (skipped: install the package postgresql-client-15)';

/** What a database of the test server is dumped with. */
export const pgDump = () => programs.find('pg_dump', 15);
