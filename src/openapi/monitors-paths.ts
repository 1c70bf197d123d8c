import { z } from 'zod';
import { SEVERITIES } from '../db/schema/messages.js';
import { monitorBody, monitorChanges } from '../routes/monitors.js';
import { query, refused, secured } from './paths.js';
import {
  array,
  boolean,
  dateTime,
  failure,
  integer,
  type Json,
  json,
  nullable,
  object,
  ref,
  string,
  uuid,
} from './schemas.js';

const common = { tags: ['monitors'], security: secured };
const byId = { parameters: [{ name: 'id', in: 'path', required: true, schema: uuid }] };
const unknown = { 404: failure('No such monitor.') };
const body = (schema: z.ZodType): Json => ({
  required: true,
  content: {
    'application/json': { schema: z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) },
  },
});

export const monitorPaths = (): Json => ({
  '/monitors': {
    post: {
      ...common,
      summary: 'Watch a page or a port',
      description:
        'Targets that lead to link-local or cloud-metadata addresses are refused, here and at each check.',
      requestBody: body(monitorBody),
      responses: {
        201: json(ref('Monitor'), 'Added: the next run checks it.'),
        400: failure('A field is missing or wrong, or the target cannot be watched.'),
        ...refused,
      },
    },
    get: {
      ...common,
      summary: 'Monitors by name: state, uptime, latency',
      description:
        'Uptime is the share of the time for which something is known: a check counts until the next one, for ten minutes at most.',
      parameters: [
        query('limit', { type: 'integer', minimum: 1, maximum: 50, default: 20 }),
        query('after', uuid, '`nextAfter` of the last answer, which may hold fewer than `limit`.'),
      ],
      responses: {
        200: json(
          object({ monitors: array(ref('Monitor')), nextAfter: nullable('string', 'uuid') }),
          'A page.',
        ),
        400: failure('A parameter is wrong, or the monitor of `after` is gone: begin again.'),
        ...refused,
      },
    },
  },
  '/monitors/{id}': {
    get: {
      ...common,
      ...byId,
      summary: 'One monitor',
      responses: { 200: json(ref('Monitor'), 'The monitor.'), ...refused, ...unknown },
    },
    patch: {
      ...common,
      ...byId,
      summary: 'Change a monitor; what is not given stays',
      description:
        '`***` as the password of a target stands for the one that is there, for the same scheme, host, port and user.',
      requestBody: body(monitorChanges),
      responses: {
        200: json(ref('Monitor'), 'As it is now. One that is switched off has no open incident any more.'),
        400: failure('A field is wrong, or the target cannot be watched: nothing is changed.'),
        ...refused,
        ...unknown,
      },
    },
    delete: {
      ...common,
      ...byId,
      summary: 'Remove a monitor with its checks; its incidents end without a word',
      responses: { 204: { description: 'Removed.' }, ...refused, ...unknown },
    },
  },
});

const share = { type: ['number', 'null'], minimum: 0, maximum: 1 };
const ms = nullable('integer');

export const monitorSchemas: Json = {
  Monitor: object({
    id: uuid,
    name: string,
    kind: { enum: ['http', 'tcp'] },
    target: string,
    expectedStatus: integer,
    timeoutMs: integer,
    keyword: nullable('string'),
    followRedirects: boolean,
    severity: { enum: SEVERITIES },
    enabled: boolean,
    state: { enum: ['up', 'failing', 'down', 'unknown', 'disabled'] },
    since: nullable('string', 'date-time'),
    lastCheck: {
      oneOf: [
        object({
          at: dateTime,
          ok: boolean,
          latencyMs: ms,
          dnsMs: ms,
          connectMs: ms,
          tlsMs: ms,
          firstByteMs: ms,
          error: nullable('string'),
        }),
        { type: 'null' },
      ],
    },
    uptime: object({ day: share, week: share, month: share, quarter: share }),
    latency: object({ p50Ms: ms, p95Ms: ms }),
    certificateExpiresAt: nullable('string', 'date-time'),
  }),
};
