import { loadConfig } from '../../src/config.js';
import { createContext } from '../../src/context.js';
import { Secret } from '../../src/secret.js';
import { availabilityTask } from '../../src/tasks/monitoring/availability.js';

/** One run of the availability task, which a test may kill: its database, and when it checks again. */
const [url = '', pauses = '[]'] = process.argv.slice(2);
const config = loadConfig({ ...process.env, DATABASE_URL: url });
const task = availabilityTask(JSON.parse(pauses) as number[]);
const context = createContext(config, {
  databaseUrl: new Secret(url),
  logOutput: process.stderr,
  tasks: [task],
});
const started = await context.runner.start({ task, input: {}, dryRun: false, force: false, trigger: 'cli' });
if (started.overlap) throw new Error('another one is running');
const outcome = await started.outcome;
await context.close();
process.stdout.write(JSON.stringify(outcome));
