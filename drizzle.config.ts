import { defineConfig } from 'drizzle-kit';

export default defineConfig({
  dialect: 'postgresql',
  schema: './src/db/schema/index.ts',
  out: './drizzle',
  schemaFilter: ['cronhook'],
  migrations: { schema: 'cronhook', table: 'migrations' },
});
