import { expect, test } from 'vitest';
import { recompute } from '../support/recomputed-kpis.js';
import { insertRows, simulate } from '../support/simulated-year.js';
import { startStatistics } from '../support/statistics.js';

const START = Date.parse('2025-01-01T09:30:00Z');
const NOW = Date.parse('2026-01-09T10:20:00Z');

test.for([1, 2])(
  'every value of a simulated year is what its raw rows say (seed %i)',
  {
    timeout: 240_000,
  },
  async (seed) => {
    const service = await startStatistics(NOW);
    const rows = simulate(seed, START, NOW);
    await insertRows(service.db, rows);
    const answer = await service.run();
    expect(answer).toMatchObject({ status: 'succeeded', stats: { remainingDays: 0 } });

    const first = Math.min(
      ...rows.leads.map((lead) => lead.created_at),
      ...rows.companies.map((company) => company.created_at),
      ...rows.support_tickets.map((ticket) => ticket.opened_at),
    );
    const stored = await service.values();
    const expected = recompute(rows, first, NOW);
    const wrong: string[] = [];
    for (const key of new Set([...stored.keys(), ...expected.keys()])) {
      const [is, should] = [stored.get(key), expected.get(key)];
      if (
        is === undefined ||
        should === undefined ||
        Math.abs(is - should) > 1e-6 * Math.max(1, Math.abs(should))
      )
        wrong.push(`${key}: ${is} instead of ${should}`);
    }
    expect(stored.size).toBeGreaterThan(100_000);
    expect(wrong.slice(0, 40)).toEqual([]);
  },
);
