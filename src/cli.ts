import { randomBytes } from 'node:crypto';
import { Command, InvalidArgumentError } from 'commander';
import { alertsTestCommand } from './commands/alerts.js';
import { backupsListCommand, backupsPruneCommand } from './commands/backups.js';
import { backupsRestoreCommand } from './commands/backups-restore.js';
import { configCheck } from './commands/config-check.js';
import { erasuresReplayCommand } from './commands/erasures.js';
import { migrateCommand, runCommand, urlsCommand } from './commands/index.js';
import { holdCommand, releaseCommand, retryCommand } from './commands/outbox.js';
import { runsCommand } from './commands/runs.js';
import { print } from './commands/table.js';
import { tasksCommand } from './commands/tasks.js';
import { VARIABLES } from './config.js';
import { survivesDriverCrash } from './db/driver-crash.js';
import { exitWith } from './process.js';

// A database that goes away in the middle is told by what waited for it.
process.on('uncaughtException', (error) => {
  if (!survivesDriverCrash(error)) exitWith(error.stack ?? error.message);
});

// `cronhook runs | head` has seen enough.
process.stdout.on('error', () => process.exit());

const program = new Command('cronhook')
  .description('The same tasks as over HTTP, from a terminal')
  .showHelpAfterError()
  .configureHelp({ showGlobalOptions: true });

const JSON_OPTION = ['--json', 'print JSON instead of a table'] as const;

program
  .command('tasks')
  .description('the catalogue: what runs when, what fails, and what is missing')
  .option(...JSON_OPTION)
  .action(tasksCommand);

program
  .command('run')
  .argument('<task>', 'name of the task')
  .option('--dry-run', 'report what would be done, change nothing')
  .option('--force', 'run although the task’s own rule says not now')
  .option('--preview', 'print the page that a report would be, and run nothing')
  .option('--json', 'print the answer as JSON only')
  .description('run a task now: the same run, without HTTP')
  .action(runCommand);

program
  .command('runs')
  .argument('[run]', 'the id of one run: all about it')
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
  .command('alerts')
  .description('what tells the administrator of incidents')
  .command('test')
  .description('send one test by mail, by SMS and in the application, and say how that went')
  .action(alertsTestCommand);

const backups = program.command('backups').description('what the task backup has made');

backups
  .command('list')
  .option(...JSON_OPTION)
  .description('every backup: when, how large, kept by which rule, verified; needs the storage only')
  .action(backupsListCommand);

backups
  .command('restore')
  .argument('<key>', 'latest, or a KEY of "backups list"')
  .requiredOption('--to <url>', 'the database to restore into: postgresql://user:password@host/database')
  .option('--force', 'replace what the database holds')
  .option('--identity <file>', 'the age identity of an encrypted backup, instead of BACKUP_AGE_IDENTITY')
  .option('--extra-to <folder>', 'where to unpack the files of BACKUP_EXTRA_PATHS')
  .description('restore a backup in one transaction and count its rows; needs the storage only')
  .action(backupsRestoreCommand);

backups
  .command('prune')
  .option('--dry-run', 'tell what would go and why, change nothing')
  .description('remove the backups that no rule keeps: what the task backup does after each')
  .action(backupsPruneCommand);

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
