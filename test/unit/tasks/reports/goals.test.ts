import { expect, test } from 'vitest';
import { goalRows } from '../../../../src/tasks/reports/goals.js';
import { METRIC_NAMES } from '../../../../src/tasks/statistics/metrics.js';
import { lookIn } from '../../messages/look.js';

test('of many targets twelve are shown, in their order, and the missed ones are among them', () => {
  const goals = METRIC_NAMES.map((metric) => ({ metric, target: metric === 'cancellations' ? 1 : 1_000 }));
  const { rows, more } = goalRows(goals, () => 10, lookIn('fr'));
  expect(rows).toHaveLength(12);
  expect(more).toBe(METRIC_NAMES.length - 12);
  expect(rows.at(-1)).toMatchObject({ label: 'Départs de clients', verdict: 'Objectif dépassé' });
  expect(rows[0]?.label).toBe('Nouveaux leads');
});
