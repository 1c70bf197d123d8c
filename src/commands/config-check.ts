import { type Config, ConfigError, loadConfig, VARIABLES } from '../config.js';
import { secretValues } from '../config-secrets.js';
import { chosenTasks } from '../context.js';
import { databaseProblem } from '../database-problem.js';
import { openDatabase } from '../db/client.js';
import { claimProblem } from '../errors.js';
import { readEnvironment } from '../process.js';
import { createScrubber, Secret } from '../secret.js';
import { pricingSettingProblems, storedSettings } from '../settings.js';
import { settingProblems } from '../task-settings.js';
import { administratorWarnings, configurationWarnings, tempPathWarnings } from '../warnings.js';
import { type JsonOption, print, printJson, table } from './table.js';

export async function configCheck({ json }: JsonOption): Promise<void> {
  const { config, problems } = readConfig();
  if (problems.length > 0) process.exitCode = 1;
  const warnings = config
    ? [
        ...configurationWarnings(config, chosenTasks(config)),
        ...(await tempPathWarnings(config, chosenTasks(config))),
        ...(await settingWarnings(config)),
      ]
    : [];
  const variables = config ? variablesOf(config) : [];
  if (json) return printJson({ ok: problems.length === 0, problems, warnings, variables });
  if (problems.length > 0) {
    process.stderr.write(`${new ConfigError(problems).message}\n`);
    return;
  }
  print(
    table(
      ['VARIABLE', 'FROM', 'VALUE'],
      variables.filter(({ value }) => value !== '').map(({ name, from, value }) => [name, from, value]),
    ),
  );
  print('The configuration is valid\n');
  for (const warning of warnings) print(`  ! ${warning}\n`);
}

function readConfig(): { config?: Config; problems: string[] } {
  try {
    return { config: loadConfig(readEnvironment()), problems: [] };
  } catch (error) {
    if (error instanceof ConfigError) return { problems: error.problems };
    throw error;
  }
}

/** The environment can be checked where the database is out of reach: that is told, and no mistake. */
async function settingWarnings(config: Config): Promise<string[]> {
  if (!config.DATABASE_URL) return [];
  const db = openDatabase(config.DATABASE_URL, { max: 1 });
  try {
    const stored = await storedSettings(db);
    const settings = [...settingProblems(stored, chosenTasks(config)), ...pricingSettingProblems(stored)];
    return [...settings, ...(await administratorWarnings(config, db))];
  } catch (error) {
    const problem = databaseProblem(claimProblem(error));
    if (!problem) throw error;
    return [createScrubber(secretValues(config))(`the settings were not checked. ${problem}`)];
  } finally {
    await db.close();
  }
}

const variablesOf = (config: Config) =>
  VARIABLES.map((name) => ({
    name,
    value: shown(config[name]),
    from: process.env[name] || process.env[`${name}_FILE`] ? 'environment' : 'default',
  }));

function shown(value: unknown): string {
  if (value === undefined) return '';
  if (value instanceof Secret) return value.toString();
  return Array.isArray(value)
    ? value.map((item) => (Array.isArray(item) ? item.join('/') : item)).join(',')
    : String(value);
}
