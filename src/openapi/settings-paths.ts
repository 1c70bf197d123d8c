import { MACHINE_THRESHOLD, namedSettings, type Setting } from '../settings.js';
import type { AnyTask } from '../tasks/define.js';
import { refused, secured } from './paths.js';
import { array, failure, integer, type Json, json, nullable, object, ref, string } from './schemas.js';

const tags = ['settings'];

export function settingPaths(tasks: AnyTask[]): Json {
  const properties = Object.fromEntries(
    [...namedSettings(tasks)].map(([key, setting]) => [key, schemaOf(setting)]),
  );
  const shown = json(
    object({
      settings: { type: 'object', additionalProperties: ref('Setting') },
      usage: array(ref('ApiUsage')),
    }),
    'Every setting with its type, default and value, and what was taken today of the quotas.',
  );
  return {
    '/settings': {
      get: { summary: 'Every setting', tags, security: secured, responses: { 200: shown, ...refused } },
      put: {
        summary: 'Change settings: all that are given, or none',
        description: 'A value of null puts the setting back to its default.',
        tags,
        security: secured,
        requestBody: {
          required: true,
          content: {
            'application/json': {
              schema: {
                type: 'object',
                properties,
                patternProperties: {
                  [MACHINE_THRESHOLD.source]: nullable('number'),
                },
                additionalProperties: false,
              },
            },
          },
        },
        responses: {
          200: shown,
          400: failure('A key is unknown or a value wrong: nothing is changed.'),
          ...refused,
        },
      },
    },
  };
}

export const pricingPaths: Json = {
  '/pricing/stats': {
    get: {
      summary: 'The last pricing batches, today’s usage of eBay’s quota, cards never priced',
      tags,
      security: secured,
      responses: {
        200: json(
          object({
            batches: array({ type: 'object', additionalProperties: true }),
            usage: ref('ApiUsage'),
            cards: object({
              enabled: integer,
              neverPriced: integer,
              neverPricedCards: array(object({ id: string, sku: string, title: string })),
            }),
          }),
          'How the batch fares.',
        ),
        ...refused,
      },
    },
  },
};

export const settingSchemas: Json = {
  Setting: object({
    type: { enum: ['boolean', 'integer', 'number', 'choice', 'schedule', 'relations'] },
    default: {},
    value: {},
  }),
  ApiUsage: object({
    provider: string,
    day: { type: 'string', format: 'date' },
    calls: integer,
    limit: nullable('integer'),
    remaining: nullable('integer'),
    blockedUntil: nullable('string', 'date-time'),
    resetsAt: nullable('string', 'date-time'),
  }),
};

function schemaOf(setting: Setting): Json {
  switch (setting.type) {
    case 'boolean':
      return { ...nullable('boolean'), default: setting.default };
    case 'choice':
      return { enum: [...setting.values, null], default: setting.default };
    case 'schedule':
    case 'relations':
      return { ...nullable('string'), default: setting.default };
    default: {
      const { type, min, max } = setting;
      return { ...nullable(type), minimum: min, maximum: max, default: setting.default };
    }
  }
}
