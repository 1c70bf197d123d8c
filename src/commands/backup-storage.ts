import type { Storage } from '../clients/storage.js';
import type { Config } from '../config.js';
import { secretValues } from '../config-secrets.js';
import { AppError, describeError } from '../errors.js';
import { type Messages, messagesFor } from '../locales/index.js';
import { configOrExit, exitWith, startupProblem } from '../process.js';
import { createScrubber } from '../secret.js';
import { createServices, type Services } from '../services.js';

interface StorageTools {
  storage: Storage;
  config: Config;
  services: Services;
  messages: Messages;
}

/** Does a command's work on the storage alone: what is left after a disaster. */
export async function withStorage(work: (tools: StorageTools) => Promise<void>): Promise<void> {
  const config = configOrExit({ without: ['DATABASE_URL', 'CRON_SECRET'] });
  const services = createServices(config);
  const { storage } = services;
  const { S3_BUCKET, S3_ACCESS_KEY_ID } = config;
  if (!storage) {
    const absent = S3_ACCESS_KEY_ID ? 'S3_SECRET_ACCESS_KEY' : 'S3_ACCESS_KEY_ID';
    exitWith(`There is no storage to look at: set ${S3_BUCKET ? absent : 'S3_BUCKET'}`);
  }
  const messages = messagesFor(config.LOCALE);
  try {
    await work({ storage, config, services, messages });
  } catch (error) {
    const known = error instanceof AppError ? describeError(error, messages) : undefined;
    exitWith(createScrubber(secretValues(config))(known ?? startupProblem(error, config)));
  }
}
