import postgres from 'postgres';
import { inject, onTestFinished } from 'vitest';

/** What an administrator does from another database; the service's own connections end. */
export async function fromOutside(databaseUrl: string) {
  const name = new URL(databaseUrl).pathname.slice(1);
  const admin = postgres(inject('postgresUrl'), { max: 1, onnotice: () => {} });
  onTestFinished(() => admin.end());
  return async (change: string) => {
    await admin.unsafe(`alter database "${name}" ${change}`);
    await admin`select pg_terminate_backend(pid) from pg_stat_activity where datname = ${name}`;
  };
}
