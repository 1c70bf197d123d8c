import { withoutStatements } from './dump-statements.js';
import { clearing } from './restore-replace.js';
import type { RestoreTarget } from './restore-target.js';
import type { Manifest } from './set.js';
import { identifier, literal } from './sql-text.js';

export interface ScriptOptions {
  dump: AsyncIterable<Uint8Array>;
  manifest: Manifest;
  target: RestoreTarget;
  /** Drops what is there before. */
  replace: boolean;
}

/** Whoever else works on the database has so long to let go of it. */
const LOCK_TIMEOUT = '60s';

/**
 * What psql is given: one transaction, whose COMMIT is only written once the dump has come to its end whole. Whatever
 * ends before leaves the database as it was.
 */
export async function* restoreScript({
  dump,
  manifest,
  target,
  replace,
}: ScriptOptions): AsyncGenerator<Buffer> {
  yield Buffer.from(
    [
      'BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;',
      "SET client_encoding = 'UTF8';",
      'SET standard_conforming_strings = on;',
      'SET statement_timeout = 0;',
      'SET idle_in_transaction_session_timeout = 0;',
      `SET lock_timeout = '${LOCK_TIMEOUT}';`,
      'SET client_min_messages = warning;',
      ...(replace ? [clearing(manifest.schemas)] : []),
      ...target.lackingRoles.map((name) => `CREATE ROLE ${identifier(name)} NOLOGIN;`),
      '',
    ].join('\n'),
  );
  yield* withoutStatements(dump, needless(manifest, target));
  yield Buffer.from(`\n${epilogue(manifest)}\n`);
  // Other clients of a pooling proxy may get this very connection.
  yield Buffer.from('RESET ALL;\nCOMMIT;\n');
}

/** Statements that would end the transaction early, or that this server cannot carry out and need not. */
function needless({ schemas }: Manifest, target: RestoreTarget): Set<string> {
  // pg_dump wraps large objects in a transaction of their own; since version 17 it sets what older servers lack.
  const statements = new Set(['BEGIN;', 'COMMIT;']);
  if (target.major < 17) statements.add('SET transaction_timeout = 0;');
  // Dumps of chosen schemas create even the one that every database has; dropped, it would lose its grants.
  if (schemas?.includes('public') && target.schemas.includes('public'))
    statements.add('CREATE SCHEMA public;');
  return statements;
}

/** How the epilogue tells what it found. */
export const HELD = 'cronhook-held';
export const DIFFERENT = 'cronhook-counts';
const MOST_NAMED = 10;

/** A table whose rows are not as many as in the dump's snapshot. */
export interface Difference {
  /** Null: the large objects. */
  table: string | null;
  /** Null: it is not there. */
  found: number | null;
  expected: number;
}

const difference = (table: string, found: string, expected: string): string =>
  `pg_catalog.jsonb_build_object('table', ${table}, 'found', ${found}, 'expected', ${expected})`;

const epilogue = ({ tables, largeObjects }: Manifest): string => `
SELECT pg_catalog.set_config('cronhook.expected_tables', ${literal(JSON.stringify(tables))}, true);
DO $cronhook$
DECLARE
  wanted record;
  found bigint;
  hidden boolean;
  different jsonb := '[]';
  held bigint;
BEGIN
  FOR wanted IN
    SELECT key AS name, value::bigint AS expected, pg_catalog.to_regclass(key) AS relation
    FROM pg_catalog.json_each_text(pg_catalog.current_setting('cronhook.expected_tables')::json)
  LOOP
    found := NULL;
    IF wanted.relation IS NOT NULL THEN
      -- Forced policies hide rows even from the owner, who may lift them for a moment.
      hidden := pg_catalog.row_security_active(wanted.relation);
      IF hidden THEN
        EXECUTE pg_catalog.format('ALTER TABLE %s NO FORCE ROW LEVEL SECURITY', wanted.name);
      END IF;
      EXECUTE pg_catalog.format('SELECT count(*) FROM ONLY %s', wanted.name) INTO found;
      IF hidden THEN
        EXECUTE pg_catalog.format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', wanted.name);
      END IF;
    END IF;
    IF found IS DISTINCT FROM wanted.expected THEN
      different := different || ${difference('wanted.name', 'found', 'wanted.expected')};
    END IF;
  END LOOP;
  SELECT pg_catalog.count(*) INTO found FROM pg_catalog.pg_largeobject_metadata;
  IF found <> ${largeObjects} THEN
    different := different || ${difference('null', 'found', String(largeObjects))};
  END IF;
  IF different <> '[]' THEN
    RAISE EXCEPTION '${DIFFERENT} %', (
      SELECT pg_catalog.jsonb_agg(entry.value)
      FROM pg_catalog.jsonb_array_elements(different) WITH ORDINALITY AS entry WHERE ordinality <= ${MOST_NAMED}
    );
  END IF;
  IF pg_catalog.to_regclass('cronhook.outbox_messages') IS NOT NULL THEN
    BEGIN
      UPDATE cronhook.outbox_messages SET status = 'held', claimed_by = NULL
      WHERE status IN ('pending', 'sending');
      GET DIAGNOSTICS held = ROW_COUNT;
      RAISE INFO '${HELD} %', held;
    EXCEPTION WHEN undefined_column THEN
      NULL; -- The team's application has put a table of its own in its place.
    END;
  END IF;
END
$cronhook$;`;
