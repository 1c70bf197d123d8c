import { type SQL, sql } from 'drizzle-orm';
import { AppError } from '../../errors.js';
import { REFRESH_VIEWS, readSetting, storedSettings } from '../../settings.js';
import type { Capabilities, RunContext } from '../define.js';

type ViewsContext = RunContext<unknown> & Pick<Capabilities, 'db'>;

interface View {
  schema: string;
  name: string;
  populated: boolean;
  /** Has the unique index that PostgreSQL needs to refresh it while others read it. */
  keyed: boolean;
}

/**
 * Refreshes the materialised views that the setting names; one that fails does not stop the others.
 * @returns how many were refreshed
 */
export async function refreshViews(context: ViewsContext): Promise<number> {
  const { db, signal, outOfTime, dryRun, would, each } = context;
  let refreshed = 0;
  const names = await namedViews(context);
  await each(names, { concurrency: 1, name: (name) => name }, async (name) => {
    if (outOfTime()) return;
    const view = await findView(context, name);
    if (dryRun) return would(name, { action: 'refresh the materialised view' });
    // Not in a transaction, which a refresh would hold for as long as it takes.
    await db.write(async () => {});
    signal.throwIfAborted();
    await db.rows(refresh(view)).catch((error) => {
      throw new AppError('unprocessable', (t) => t.statistics.viewFailed(name), { cause: error });
    });
    refreshed += 1;
  });
  return refreshed;
}

async function namedViews({ db }: ViewsContext): Promise<string[]> {
  const stored = (await storedSettings(db)).get('refresh_views');
  const value = stored === undefined ? '' : readSetting(REFRESH_VIEWS, stored);
  return [
    ...new Set(
      String(value ?? '')
        .split(',')
        .map((name) => name.trim()),
    ),
  ].filter((name) => name !== '');
}

/** @throws {AppError} telling what to do about a name that is no view to be refreshed beside its readers */
async function findView({ db }: ViewsContext, name: string): Promise<View> {
  const [found] = await db.rows<View & { kind: string }>(sql`
    select relation.relkind as kind, nspname as schema, relname as name, relispopulated as populated, exists (
      select from pg_index where indrelid = relation.oid and indisunique and indisvalid and indpred is null
        and indexprs is null
    ) as keyed
    from pg_class relation join pg_namespace on pg_namespace.oid = relnamespace
    where relation.oid = to_regclass(${name})
  `);
  if (found?.kind !== 'm') throw new AppError('not_found', (t) => t.statistics.noView(name));
  if (!found.keyed) throw new AppError('unprocessable', (t) => t.statistics.viewWithoutKey(name));
  return found;
}

/** Nobody can read one that has never been filled, and PostgreSQL fills it only this way. */
function refresh({ schema, name, populated }: View): SQL {
  const view = sql`${sql.identifier(schema)}.${sql.identifier(name)}`;
  return populated
    ? sql`refresh materialized view concurrently ${view}`
    : sql`refresh materialized view ${view}`;
}
