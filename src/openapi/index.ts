import type { AnyTask } from '../tasks/define.js';
import { version } from '../version.js';
import { monitorPaths, monitorSchemas } from './monitors-paths.js';
import { inboxPaths, reactivationPaths, readPaths, taskPaths } from './paths.js';
import { type Json, schemas } from './schemas.js';
import { pricingPaths, settingPaths, settingSchemas } from './settings-paths.js';
import { statisticsPaths } from './statistics-paths.js';

/** The API as OpenAPI 3.1, made from the task definitions. */
export function openApiDocument({ tasks }: { tasks: AnyTask[] }): Json {
  const serves = (name: string) => tasks.some((task) => task.name === name);
  return {
    openapi: '3.1.0',
    info: {
      title: 'Cronhook',
      version,
      description: 'Every maintenance task has a URL; a scheduler calls it.',
    },
    servers: [{ url: '/' }],
    paths: {
      ...taskPaths(tasks),
      ...readPaths,
      ...settingPaths(tasks),
      ...(serves('inbox-sync') && inboxPaths()),
      ...(serves('pricing') && pricingPaths),
      ...(serves('statistics') && statisticsPaths),
      ...(serves('clients-archive') && reactivationPaths),
      ...(serves('monitor-availability') && monitorPaths()),
    },
    components: {
      schemas: { ...schemas, ...settingSchemas, ...monitorSchemas },
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        header: { type: 'apiKey', in: 'header', name: 'X-Cron-Secret' },
        query: { type: 'apiKey', in: 'query', name: 'secret' },
      },
    },
  };
}
