import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/postgres.ts'],
    testTimeout: 120_000,
    hookTimeout: 180_000,
    // Most tests wait for servers: two files at a time, where there are two processors.
    maxWorkers: 2,
  },
});
