import { RUN_STATUSES } from '../db/schema/service.js';
import { HTTP_STATUS } from '../errors.js';

export type Json = Record<string, unknown>;

export const object = (properties: Json, required = Object.keys(properties)): Json => ({
  type: 'object',
  properties,
  required,
});
export const nullable = (type: string, format?: string): Json => ({
  type: [type, 'null'],
  ...(format && { format }),
});
export const string: Json = { type: 'string' };
export const uuid: Json = { type: 'string', format: 'uuid' };
export const dateTime: Json = { type: 'string', format: 'date-time' };
export const integer: Json = { type: 'integer' };
export const boolean: Json = { type: 'boolean' };
export const array = (items: Json): Json => ({ type: 'array', items });
export const ref = (name: string): Json => ({ $ref: `#/components/schemas/${name}` });
export const json = (schema: Json, description: string): Json => ({
  description,
  content: { 'application/json': { schema } },
});
export const failure = (description: string): Json => json(ref('Error'), description);

const itemErrors = array(object({ item: string, message: string }));

const taskState: Json = { enum: ['ok', 'late', 'failing', 'never', 'disabled', 'not_configured'] };
const oddities = array({ enum: ['shorter', 'longer', 'emptier'] });

export const schemas: Json = {
  TaskAnswer: object(
    {
      success: boolean,
      message: string,
      timestamp: dateTime,
      task: string,
      runId: uuid,
      status: { enum: ['succeeded', 'partial', 'skipped', 'running', 'failed', 'interrupted'] },
      durationMs: integer,
      stats: { type: 'object', additionalProperties: true },
      errors: itemErrors,
      error: string,
      dryRun: boolean,
      details: array({ type: 'object', additionalProperties: true }),
    },
    ['success', 'message', 'timestamp', 'task', 'runId', 'status'],
  ),
  Error: object({
    success: { const: false },
    message: string,
    timestamp: dateTime,
    error: { enum: Object.keys(HTTP_STATUS) },
  }),
  Run: object({
    id: uuid,
    task: string,
    status: { enum: RUN_STATUSES },
    trigger: string,
    host: string,
    dryRun: boolean,
    startedAt: dateTime,
    finishedAt: nullable('string', 'date-time'),
    durationMs: nullable('integer'),
    message: nullable('string'),
    progress: {},
    stats: { type: 'object', additionalProperties: true },
  }),
  RunDetails: {
    allOf: [ref('Run'), object({ errors: itemErrors, details: {}, log: array({ type: 'object' }) })],
  },
  Task: object({
    name: string,
    product: string,
    path: string,
    methods: array(string),
    summary: string,
    schedule: string,
    timezone: string,
    timeoutSeconds: integer,
    enabled: boolean,
    configured: boolean,
    missing: array(string),
    health: object({
      state: taskState,
      since: nullable('string', 'date-time'),
      expectedBy: nullable('string', 'date-time'),
    }),
    lastRun: {
      oneOf: [
        { allOf: [ref('Run'), object({ unusual: { oneOf: [oddities, { type: 'null' }] } })] },
        { type: 'null' },
      ],
    },
    nextRunAt: nullable('string', 'date-time'),
  }),
  TasksHealth: object(
    {
      success: boolean,
      message: string,
      timestamp: dateTime,
      error: string,
      tasks: array(
        object({
          task: string,
          state: taskState,
          since: nullable('string', 'date-time'),
          expectedBy: nullable('string', 'date-time'),
          lastRunAt: nullable('string', 'date-time'),
          message: nullable('string'),
        }),
      ),
    },
    ['success', 'message', 'timestamp'],
  ),
  Integration: object({
    id: uuid,
    companyId: nullable('string', 'uuid'),
    email: string,
    host: string,
    port: integer,
    tls: { enum: ['implicit', 'starttls', 'none'] },
    username: string,
    authType: { enum: ['password', 'oauth2'] },
    enabled: boolean,
    consecutiveFailures: integer,
    nextAttemptAt: nullable('string', 'date-time'),
    lastSyncedAt: nullable('string', 'date-time'),
    lastError: nullable('string'),
    createdAt: dateTime,
  }),
};
