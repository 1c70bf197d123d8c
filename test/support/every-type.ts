import postgres from 'postgres';
import { EXTENSIONS, OBJECTS, ROWS, TYPES, XML } from './every-type-sql.js';
import { createDatabase } from './postgres.js';

/** What a schema-wise dump of it is given; the other schema, `public`, depends on extensions. */
export const ODD_SCHEMA = `Été d'"hiver"`;

export interface EveryType {
  url: string;
  /** Created for it, and named by its policies and user mappings. */
  roles: string[];
  drop(): Promise<void>;
}

/** A database with all that PostgreSQL knows: types, objects, and names and contents that dumps may stumble over. */
export async function createEveryType(serverUrl: string): Promise<EveryType> {
  const database = await createDatabase(serverUrl);
  const suffix = new URL(database.url).pathname.slice(1);
  const roles = [`Lecteur "é" ${suffix}`, `mapped_${suffix}`];
  const [policyRole = '', mappedRole = ''] = roles.map((name) => `"${name.replaceAll('"', '""')}"`);
  const client = postgres(database.url, { max: 1, onnotice: () => {} });
  const run = (statements: string) => client.unsafe(statements).simple();
  try {
    await run(`create role ${policyRole} nologin; create role ${mappedRole} nologin`);
    const available =
      await client`select name from pg_available_extensions where name in ${client(EXTENSIONS)}`;
    for (const { name } of available) await run(`create extension "${name}"`);
    await run(TYPES);
    await run(OBJECTS.replaceAll(':policy_role', policyRole).replaceAll(':mapped_role', mappedRole));
    await run(ROWS);
    // Servers are compiled without it, too.
    await run(XML).catch((error) => {
      if (error.code !== '0A000') throw error;
    });
  } finally {
    await client.end();
  }
  return {
    url: database.url,
    roles,
    async drop() {
      await database.drop();
      const admin = postgres(serverUrl, { max: 1, onnotice: () => {} });
      await admin.unsafe(`drop role if exists ${policyRole}, ${mappedRole}`);
      await admin.end();
    },
  };
}
