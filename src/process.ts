import { existsSync } from 'node:fs';
import { type Config, ConfigError, type LoadOptions, loadConfig } from './config.js';
import { secretValues } from './config-secrets.js';
import { databaseProblem, innermost } from './database-problem.js';
import { survivesDriverCrash } from './db/driver-crash.js';
import { createScrubber } from './secret.js';
import type { Service } from './service.js';

/** The environment, completed by a `.env` file in the working directory. */
export function readEnvironment(): NodeJS.ProcessEnv {
  if (existsSync('.env')) process.loadEnvFile('.env');
  return process.env;
}

/** The configuration; a wrong one ends the process with every problem named. */
export function configOrExit(options: LoadOptions = {}): Config {
  try {
    return loadConfig(readEnvironment(), undefined, options);
  } catch (error) {
    if (error instanceof ConfigError) exitWith(error.message);
    throw error;
  }
}

export function exitWith(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

/** Why the service or a command could not start, in one line that says what to change. */
export function startupProblem(error: unknown, config: Config): string {
  if (error instanceof ConfigError) return error.message;
  const { code, message, syscall, path } = error as NodeJS.ErrnoException;
  const scrub = createScrubber(secretValues(config));
  if (code === 'EADDRINUSE')
    return `Port ${config.PORT} is taken by another program: set PORT to another one`;
  if (code === 'EACCES' && syscall !== 'listen')
    return `No permission for ${path ?? '.data'}: run as its owner, or set DATABASE_URL`;
  if (code === 'EACCES') return `No permission to listen on port ${config.PORT}: set PORT to one above 1023`;
  return scrub(databaseProblem(error) ?? `Cronhook could not start: ${innermost(error).message || message}`);
}

/**
 * Ends well on SIGTERM and SIGINT, at once while the service is still starting, and at a second signal. A stray
 * rejection is logged, and ends nothing.
 */
export async function runUntilSignal(config: Config, starting: Promise<Service>): Promise<Service> {
  let service: Service | undefined;
  let stopping = false;
  const end = () => {
    if (stopping) process.exit(130);
    if (!service) process.exit(0);
    stopping = true;
    const { log } = service.deps;
    service.stop().then(
      () => process.exit(0),
      (error) => {
        log.fatal({ err: error }, 'shutdown failed');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', end).on('SIGINT', end);
  try {
    service = await starting;
  } catch (error) {
    exitWith(startupProblem(error, config));
  }
  const { log } = service.deps;
  process.on('unhandledRejection', (error) => log.error({ err: error }, 'unhandled rejection'));
  process.on('uncaughtException', (error) => {
    if (survivesDriverCrash(error)) return log.error({ err: error }, 'a database connection broke off');
    log.fatal({ err: error }, 'uncaught exception');
    process.exit(1);
  });
  return service;
}
