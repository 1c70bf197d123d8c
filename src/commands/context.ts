import type { LoadOptions } from '../config.js';
import { createContext } from '../context.js';
import { locateDatabase } from '../database-url.js';
import { configOrExit, exitWith, startupProblem } from '../process.js';
import type { AppDependencies } from '../routes/environment.js';
import type { AnyTask } from '../tasks/define.js';

/** Does a command's work on the configured database, then lets everything go. Logs go to standard error. */
export async function withContext(
  work: (deps: AppDependencies) => Promise<void>,
  options: LoadOptions = {},
): Promise<void> {
  const config = configOrExit(options);
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

export function findTask({ tasks }: AppDependencies, name: string): AnyTask {
  const task = tasks.find((candidate) => candidate.name === name);
  if (!task) exitWith(`Unknown task ${name}: expected ${tasks.map((known) => known.name).join(', ')}`);
  return task;
}
