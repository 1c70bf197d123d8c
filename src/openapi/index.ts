import type { Config } from '../config.js';
import type { AnyTask } from '../tasks/define.js';
import { inboxPaths, readPaths, taskPaths } from './paths.js';
import { type Json, schemas } from './schemas.js';

/** The API as OpenAPI 3.1, made from the task definitions. */
export function openApiDocument({ tasks, config }: { tasks: AnyTask[]; config: Config }): Json {
  const servesInbox = tasks.some((task) => task.name === 'inbox-sync');
  return {
    openapi: '3.1.0',
    info: {
      title: 'Cronhook',
      version: '0.1.0',
      description: 'Every maintenance task has a URL; a scheduler calls it.',
    },
    servers: [{ url: config.PUBLIC_URL }],
    paths: { ...taskPaths(tasks), ...readPaths, ...(servesInbox && inboxPaths()) },
    components: {
      schemas,
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        header: { type: 'apiKey', in: 'header', name: 'X-Cron-Secret' },
        query: { type: 'apiKey', in: 'query', name: 'secret' },
      },
    },
  };
}
