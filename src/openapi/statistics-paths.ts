import { STATISTICS_PERIODS } from '../db/schema/back-office.js';
import { METRIC_NAMES } from '../tasks/statistics/metrics.js';
import { query, refused, secured } from './paths.js';
import { array, boolean, dateTime, failure, type Json, json, nullable, object, string } from './schemas.js';

const moment = 'A day YYYY-MM-DD in `TIMEZONE`, or a moment in ISO 8601; both ends belong to the answer.';

export const statisticsPaths: Json = {
  '/statistics': {
    get: {
      summary: 'The points of a metric by hour, day, week or month, the oldest first',
      description: 'Amounts are cents, rates 0 to 1. `docs/kpis.md` defines every metric.',
      tags: ['statistics'],
      security: secured,
      parameters: [
        { ...query('metric', { enum: METRIC_NAMES }), required: true },
        query('period', { enum: STATISTICS_PERIODS, default: 'day' }),
        query('from', string, `${moment} Without it: 2 days of hours, 30 days, 12 weeks or 12 months.`),
        query('to', string, `${moment} Without it: now.`),
      ],
      responses: {
        200: json(
          object({
            success: { const: true },
            metric: { enum: METRIC_NAMES },
            period: { enum: STATISTICS_PERIODS },
            unit: { enum: ['count', 'cents', 'ratio', 'seconds', 'score'] },
            points: array(object({ bucket: dateTime, value: { type: 'number' }, final: boolean })),
            target: nullable('number'),
          }),
          'At most 1,000 points.',
        ),
        400: failure('A parameter is unknown or wrong, or there are more points.'),
        ...refused,
      },
    },
  },
};
