import { literal } from './sql-text.js';

/**
 * Empties a database of what a dump brings, or only the schemas of a dump that was narrowed to them. What belongs to
 * the server, or to somebody whom this user cannot stand in for, stays; so do the grants of the schema public.
 */
export const clearing = (schemas: string[] | null): string => `
DO $cronhook$
DECLARE
  statement text;
  statements text[];
BEGIN
  SELECT pg_catalog.array_agg(${dropStatement('found.class', 'found.id')} ORDER BY place) INTO statements
  FROM (${schemas ? chosenSchemas(schemas) : EVERYTHING}) AS found (place, class, id, owner)
  WHERE ${isOurs('found.class', 'found.id')} AND pg_catalog.pg_has_role(owner, 'USAGE');
  FOREACH statement IN ARRAY coalesce(statements, '{}') LOOP
    EXECUTE statement;
  END LOOP;
${schemas && !schemas.includes('public') ? '' : CLEAR_PUBLIC}
  PERFORM pg_catalog.lo_unlink(oid) FROM pg_catalog.pg_largeobject_metadata;
END
$cronhook$;`;

/**
 * A server's own have lower numbers; members of an extension, and parts of another object, go with it. (Partitioned
 * tables are parts of themselves.)
 */
const isOurs = (catalog: string, id: string): string => `${id} >= 16384 AND NOT EXISTS (
    SELECT FROM pg_catalog.pg_depend
    WHERE classid = ${catalog} AND objid = ${id} AND deptype IN ('e', 'i') AND refobjid <> objid
  )`;

/** All are put down before the first is carried out, which may take others with it. */
const dropStatement = (catalog: string, id: string): string => `(
    SELECT pg_catalog.format('DROP %s IF EXISTS %s CASCADE',
      pg_catalog.replace(pg_catalog.replace(type, 'foreign-data', 'foreign data'), 'statistics object', 'statistics'),
      identity)
    FROM pg_catalog.pg_identify_object(${catalog}, ${id}, 0)
  )`;

const catalog = (name: string): string => `'pg_catalog.${name}'::pg_catalog.regclass`;

/** In the order to drop them: event triggers would run at the others. */
const EVERYTHING = `
    SELECT 1, ${catalog('pg_event_trigger')}, oid, evtowner FROM pg_catalog.pg_event_trigger
    UNION ALL SELECT 2, ${catalog('pg_publication')}, oid, pubowner FROM pg_catalog.pg_publication
    UNION ALL SELECT 3, ${catalog('pg_extension')}, oid, extowner FROM pg_catalog.pg_extension
    UNION ALL SELECT 4, ${catalog('pg_foreign_data_wrapper')}, oid, fdwowner FROM pg_catalog.pg_foreign_data_wrapper
    UNION ALL SELECT 5, ${catalog('pg_namespace')}, oid, nspowner FROM pg_catalog.pg_namespace
      WHERE nspname <> 'public' AND nspname NOT LIKE 'pg\\_%'
    UNION ALL SELECT 6, ${catalog('pg_cast')}, pg_cast.oid, pg_roles.oid
      FROM pg_catalog.pg_cast JOIN pg_catalog.pg_roles ON rolname = current_user
    UNION ALL SELECT 7, ${catalog('pg_language')}, oid, lanowner FROM pg_catalog.pg_language`;

const chosenSchemas = (schemas: string[]): string => `
    SELECT 1, ${catalog('pg_namespace')}, oid, nspowner FROM pg_catalog.pg_namespace
    WHERE nspname IN (${schemas.map(literal).join(', ')}) AND nspname <> 'public'`;

/** It stays itself: not everyone who may use it may make it again. */
const CLEAR_PUBLIC = `
  IF pg_catalog.to_regnamespace('public') IS NULL THEN
    CREATE SCHEMA public;
    GRANT USAGE ON SCHEMA public TO PUBLIC;
  END IF;
  SELECT pg_catalog.array_agg(${dropStatement('classid', 'objid')}) INTO statements
  FROM pg_catalog.pg_depend AS within
  WHERE refclassid = ${catalog('pg_namespace')} AND refobjid = pg_catalog.to_regnamespace('public')
    AND deptype = 'n' AND classid <> ${catalog('pg_extension')} AND ${isOurs('within.classid', 'within.objid')};
  FOREACH statement IN ARRAY coalesce(statements, '{}') LOOP
    EXECUTE statement;
  END LOOP;
  IF (SELECT pg_catalog.pg_has_role(nspowner, 'USAGE') FROM pg_catalog.pg_namespace WHERE nspname = 'public') THEN
    COMMENT ON SCHEMA public IS 'standard public schema';
  END IF;`;
