import { loadConfig } from '../src/config.js';
import { createContext } from '../src/context.js';
import { migrate } from '../src/db/migrate.js';
import { Secret } from '../src/secret.js';

/** The process that backup-memory starts: runs one backup and says by how many bytes its peak memory has grown. */
const config = loadConfig({ NODE_ENV: 'test', LOG_LEVEL: 'silent', ...process.env });
const context = createContext(config, { databaseUrl: new Secret(process.env.DATABASE_URL ?? '') });
await migrate(context.db);
const task = context.tasks.find(({ name }) => name === 'backup');
if (!task) throw new Error('no task');

const before = process.memoryUsage.rss();
const started = await context.runner.start({ task, input: {}, dryRun: false, force: false, trigger: 'cli' });
if (started.overlap) throw new Error('another backup is running');
const outcome = await started.outcome;
if (outcome.status !== 'succeeded') throw new Error(outcome.message);
const KILOBYTE = 1024;
process.stdout.write(`${process.resourceUsage().maxRSS * KILOBYTE - before}\n`);
await context.close();
