import { sql } from 'drizzle-orm';
import { isDatabaseUnavailable } from '../../errors.js';
import type { TaskDatabase } from '../define.js';

export const ARCHIVES = 'archives/companies/';

/** Kept with every export: which database it is of. Others may share the bucket. */
export const DATABASE_METADATA = 'cronhook-database';

/** `archives/companies/2027/<company>-20270301T000000123Z.json.gz`, in UTC. */
export function archiveKey(companyId: string, at: Date, encrypted: boolean): string {
  const stamp = at.toISOString().replace(/[-:.]/g, '');
  return `${ARCHIVES}${at.getUTCFullYear()}/${companyId}-${stamp}.json.gz${encrypted ? '.age' : ''}`;
}

const KEY =
  /^archives\/companies\/\d{4}\/[0-9a-f-]{36}-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z\.json\.gz(?:\.age)?$/;

/** When an export was begun; undefined for a key that is none of ours. */
export function archivedAt(key: string): Date | undefined {
  const parts = KEY.exec(key);
  if (!parts) return undefined;
  const [, year, month, day, hour, minute, second, ms] = parts;
  const at = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}.${ms}Z`);
  return Number.isNaN(at.getTime()) ? undefined : at;
}

/** Differs between servers and between databases of one, as far as reading the server's identifier is allowed. */
export async function databaseId({ rows }: Pick<TaskDatabase, 'rows'>): Promise<string> {
  const oid = sql`(select oid from pg_database where datname = current_database())::text`;
  try {
    const [row] = await rows<{ id: string }>(
      sql`select system_identifier::text || '/' || ${oid} as id from pg_control_system()`,
    );
    return row?.id ?? '';
  } catch (error) {
    if (isDatabaseUnavailable(error)) throw error;
    const [row] = await rows<{ id: string }>(sql`select current_database() || '/' || ${oid} as id`);
    return encodeURIComponent(row?.id ?? '');
  }
}
