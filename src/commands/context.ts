import { createContext } from '../context.js';
import { locateDatabase } from '../database-url.js';
import { configOrExit, exitWith, startupProblem } from '../process.js';
import type { AppDependencies } from '../routes/environment.js';

/** Does a command's work on the configured database, then lets everything go. Logs go to standard error. */
export async function withContext(work: (deps: AppDependencies) => Promise<void>): Promise<void> {
  const config = configOrExit();
  try {
    const database = await locateDatabase(config);
    const context = createContext(config, { databaseUrl: database.url, logOutput: process.stderr });
    try {
      await work(context);
    } finally {
      await context.close();
      await database.stop();
    }
  } catch (error) {
    exitWith(startupProblem(error, config));
  }
}
