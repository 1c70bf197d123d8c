import { randomBytes } from 'node:crypto';
import { Command, InvalidArgumentError } from 'commander';
import { erasuresReplayCommand } from './commands/erasures.js';
import {
  configCheck,
  migrateCommand,
  runCommand,
  runsCommand,
  tasksCommand,
  urlsCommand,
} from './commands/index.js';
import { holdCommand, releaseCommand, retryCommand } from './commands/outbox.js';
import { print } from './commands/table.js';
import { VARIABLES } from './config.js';

// `cronhook runs | head` has seen enough.
process.stdout.on('error', () => process.exit());

const program = new Command('cronhook')
  .description('The same tasks as over HTTP, from a terminal')
  .showHelpAfterError()
  .configureHelp({ showGlobalOptions: true });

const JSON_OPTION = ['--json', 'print JSON instead of a table'] as const;

program
  .command('tasks')
  .description('the catalogue: what runs when, and what is missing')
  .option(...JSON_OPTION)
  .action(tasksCommand);

program
  .command('run')
  .argument('<task>', 'name of the task')
  .option('--dry-run', 'report what would be done, change nothing')
  .option('--force', 'run although the task’s own rule says not now')
  .option('--json', 'print the answer as JSON only')
  .description('run a task now: the same run, without HTTP')
  .action(runCommand);

program
  .command('runs')
  .option('--task <name>', 'only this task')
  .option('--status <status>', 'only runs with this status')
  .option('--limit <count>', 'how many', wholeNumber(1, 200), 20)
  .option(...JSON_OPTION)
  .description('the history, newest first')
  .action(runsCommand);

program
  .command('urls')
  .option('--wait <seconds>', 'how long the answer waits for the task', wholeNumber(0, 3600))
  .option(...JSON_OPTION)
  .description('ready to paste into a scheduler, each with its own task key')
  .action(urlsCommand);

program
  .command('secret')
  .description('a fresh CRON_SECRET')
  .action(() => print(`${randomBytes(32).toString('base64url')}\n`));

program
  .command('erasures')
  .description('the deletions of accounts that the storage remembers')
  .command('replay')
  .option('--dry-run', 'tell who would be deleted again, change nothing')
  .description('after a restored backup: delete again whoever came back with it')
  .action(erasuresReplayCommand);

program.command('migrate').description('apply pending migrations').action(migrateCommand);

const outbox = program.command('outbox').description('pending e-mails and SMS');

outbox
  .command('hold')
  .description('keep what is pending from going out: after restoring files of the database, say')
  .action(holdCommand);

outbox.command('release').description('let held messages go').action(releaseCommand);

outbox
  .command('retry')
  .description('send again what was refused for good: once the sender’s reputation is mended, say')
  .action(retryCommand);

program
  .command('config')
  .description('the configuration')
  .command('check')
  .option(...JSON_OPTION)
  .description(`check the environment (${VARIABLES.length} variables) and say every problem at once`)
  .action(configCheck);

await program.parseAsync();

function wholeNumber(min: number, max: number) {
  return (value: string): number => {
    const number = Number(value);
    if (/^\d+$/.test(value) && number >= min && number <= max) return number;
    throw new InvalidArgumentError(`expected a whole number from ${min} to ${max}`);
  };
}
