import { sql } from 'drizzle-orm';
import { AppError, type Text } from '../../errors.js';
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
    await refreshInTime(context, refresh(view)).catch((cause) => {
      const text: Text = (t) => (outOfTime() ? t.statistics.viewSlow(name) : t.statistics.viewFailed(name));
      throw new AppError('unprocessable', text, { cause });
    });
    refreshed += 1;
  });
  return refreshed;
}

/** A statement goes on in the database when nobody waits for it any more: it is cancelled when the time is up. */
async function refreshInTime({ db, outOfTime, log }: ViewsContext, statement: string): Promise<void> {
  const cancel = () =>
    db
      .rows(sql`
        select pg_cancel_backend(pid) from pg_stat_activity
        where query = ${statement} and state = 'active' and usename = current_user and datname = current_database()
      `)
      .catch((err: unknown) => log.warn({ err }, 'a refresh that takes too long could not be cancelled'));
  const watch = setInterval(() => outOfTime() && void cancel(), WATCH_MS);
  try {
    await db.rows(sql.raw(statement));
  } finally {
    clearInterval(watch);
  }
}

const WATCH_MS = 500;

async function namedViews({ db, log }: ViewsContext): Promise<string[]> {
  const stored = (await storedSettings(db)).get('refresh_views');
  const value = stored === undefined ? '' : readSetting(REFRESH_VIEWS, stored);
  if (value === undefined)
    log.warn({ key: 'refresh_views' }, 'a setting cannot be read: no view is refreshed');
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
function refresh({ schema, name, populated }: View): string {
  const [inSchema, view] = [schema, name].map((part) => `"${part.replaceAll('"', '""')}"`);
  return `refresh materialized view ${populated ? 'concurrently ' : ''}${inSchema}.${view}`;
}
