import { z } from 'zod';
import { RUN_STATUSES } from '../db/schema/service.js';
import { credentialsBody, integrationBody } from '../routes/inbox.js';
import type { AnyTask } from '../tasks/define.js';
import { array, boolean, failure, type Json, json, nullable, object, ref, string, uuid } from './schemas.js';

export const query = (name: string, schema: Json, description?: string): Json => ({
  name,
  in: 'query',
  schema,
  ...(description && { description }),
});
const path = (name: string, schema: Json): Json => ({ name, in: 'path', required: true, schema });

const runParameters = [
  query(
    'wait',
    { type: 'integer', minimum: 0, maximum: 3600 },
    'Seconds to wait for the end before answering 202.',
  ),
  query('dryRun', boolean, 'Report what would be done; change nothing, send nothing.'),
  query('force', boolean, 'Run although the task’s own rule says not now.'),
];

const taskResponses: Json = {
  200: json(ref('TaskAnswer'), 'The run has ended (`succeeded`, `partial`) or was not needed (`skipped`).'),
  202: json(ref('TaskAnswer'), 'Still running: `Location` shows where to look.'),
  400: failure('A parameter is wrong: nothing ran.'),
  403: failure('Missing or wrong secret, or an address outside `CRON_ALLOWED_IPS`.'),
  500: json(ref('TaskAnswer'), 'The task itself failed; `message` says what to do.'),
  503: failure('Database away, task not configured, or service shutting down (`Retry-After`).'),
};

const html = (description: string): Json => ({ description, content: { 'text/html': {} } });

export const secured = [{ bearer: [] }, { header: [] }, { query: [] }];
export const refused = { 403: failure('Missing or wrong secret.') };
const body = (schema: z.ZodType): Json => ({
  required: true,
  content: {
    'application/json': { schema: z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) },
  },
});

export function taskPaths(tasks: AnyTask[]): Json {
  const paths: Json = {};
  for (const task of tasks) {
    const own = Object.entries(task.input.shape).map(([name, schema]) =>
      query(name, z.toJSONSchema(schema as z.ZodType, { io: 'input', unrepresentable: 'any' }) as Json),
    );
    const operation = (method: string): Json => ({
      operationId: `${method}-${task.name}`,
      summary: task.summary,
      description: `Recommended schedule: \`${task.schedule}\`. Time limit: ${task.timeoutMs / 1000} s.`,
      tags: ['tasks'],
      security: secured,
      parameters: [...runParameters, ...own],
      responses: taskResponses,
    });
    paths[task.path] = { get: operation('get'), post: operation('post') };
  }
  return paths;
}

export const readPaths: Json = {
  '/tasks': {
    get: {
      summary: 'Every task, its last and its next run',
      tags: ['runs'],
      security: secured,
      responses: {
        200: json(object({ tasks: array(ref('Task')) }), 'The catalogue.'),
        ...refused,
        503: failure('The database is away (`Retry-After`).'),
      },
    },
  },
  '/tasks/health': {
    get: {
      summary: 'For an uptime monitor: whether every configured task runs on time and well',
      tags: ['runs'],
      security: secured,
      responses: {
        200: json(ref('TasksHealth'), 'They do; tasks that never ran or are disabled do not count.'),
        ...refused,
        503: json(
          ref('TasksHealth'),
          'The message names those that are late or failing (`task_failed`); or the database is away (`database_unavailable`, without `tasks`).',
        ),
      },
    },
  },
  '/tasks/{name}': {
    get: {
      summary: 'One task',
      tags: ['runs'],
      security: secured,
      parameters: [path('name', string)],
      responses: {
        200: json(ref('Task'), 'The task.'),
        ...refused,
        404: failure('No such task.'),
        503: failure('The database is away (`Retry-After`).'),
      },
    },
  },
  '/runs': {
    get: {
      summary: 'The history, newest first',
      tags: ['runs'],
      security: secured,
      parameters: [
        query('task', string),
        query('status', { enum: RUN_STATUSES }),
        query('limit', { type: 'integer', minimum: 1, maximum: 200, default: 20 }),
        query('before', uuid, 'A run’s id: only older ones. `nextBefore` of the last answer.'),
      ],
      responses: {
        200: json(object({ runs: array(ref('Run')), nextBefore: nullable('string', 'uuid') }), 'A page.'),
        ...refused,
      },
    },
  },
  '/runs/{id}': {
    get: {
      summary: 'One run, with its errors and log',
      tags: ['runs'],
      security: secured,
      parameters: [path('id', uuid)],
      responses: { 200: json(ref('RunDetails'), 'The run.'), ...refused, 404: failure('No such run.') },
    },
  },
  '/metrics': {
    get: {
      summary: 'What Prometheus scrapes: tasks, outbox, incidents, monitors and the process',
      tags: ['service'],
      security: secured,
      responses: {
        200: {
          description: 'The text format 0.0.4; `cronhook_database_up` is 0 while the database is away.',
          content: { 'text/plain': { schema: string } },
        },
        ...refused,
      },
    },
  },
  '/unsubscribe/{token}': {
    get: {
      summary: 'The page behind the link under a mail; it changes nothing',
      tags: ['messages'],
      parameters: [path('token', string)],
      responses: { 200: html('The page, with a button.'), 404: html('No link of ours.') },
    },
    post: {
      summary: 'Unsubscribe the address that the link was made for (RFC 8058)',
      tags: ['messages'],
      parameters: [path('token', string)],
      responses: { 200: html('Done; repeating it changes nothing.'), 404: html('No link of ours.') },
    },
  },
  '/healthz': {
    get: { summary: 'The process runs', tags: ['service'], responses: { 200: { description: 'It does.' } } },
  },
  '/readyz': {
    get: {
      summary: 'The database answers and its migrations are applied',
      tags: ['service'],
      responses: { 200: { description: 'Ready.' }, 503: failure('Not ready.') },
    },
  },
};

export const reactivationPaths: Json = {
  '/clients/reactivate/{token}': {
    get: {
      summary: 'The page behind the link of « Voulez-vous réactiver ? »; it changes nothing',
      tags: ['clients'],
      parameters: [path('token', string)],
      responses: {
        200: html('The page, with a button where there is something to do.'),
        404: html('No link of ours.'),
        410: html('A newer link has replaced it, or the company is anonymised.'),
        503: html('Not now: the same button again, for in a minute.'),
      },
    },
    post: {
      summary: 'Keep the company, or take it out of the archive with the status it had',
      tags: ['clients'],
      parameters: [path('token', string)],
      responses: {
        200: html('Done; repeating it changes nothing.'),
        404: html('No link of ours.'),
        410: html('A newer link has replaced it, or the company is anonymised.'),
        503: html('Not now: the same button again, for in a minute.'),
      },
    },
  },
};

export const inboxPaths = (): Json => ({
  '/inbox/integrations': {
    post: {
      summary: 'Add a mailbox; its login is tried first',
      tags: ['inbox'],
      security: secured,
      requestBody: body(integrationBody),
      responses: {
        201: json(object({ id: uuid }), 'Added.'),
        400: failure('A field is missing or wrong.'),
        ...refused,
        409: failure('This mailbox is there already.'),
        422: failure('The login does not work: host, port, TLS mode or credentials. Nothing is stored.'),
      },
    },
    get: {
      summary: 'List mailboxes, without secrets',
      tags: ['inbox'],
      security: secured,
      responses: {
        200: json(object({ integrations: array(ref('Integration')) }), 'All of them.'),
        ...refused,
      },
    },
  },
  '/inbox/integrations/{id}': {
    delete: {
      summary: 'Remove a mailbox with its mails',
      tags: ['inbox'],
      security: secured,
      parameters: [path('id', uuid)],
      responses: { 204: { description: 'Removed.' }, ...refused, 404: failure('No such mailbox.') },
    },
  },
  '/inbox/integrations/{id}/credentials': {
    post: {
      summary: 'Renew password or OAuth grant; the login is tried first',
      tags: ['inbox'],
      security: secured,
      parameters: [path('id', uuid)],
      requestBody: body(credentialsBody),
      responses: {
        204: { description: 'Renewed; the back-off has ended.' },
        ...refused,
        404: failure('No such mailbox.'),
        422: failure('The login does not work. Nothing is changed.'),
      },
    },
  },
});
