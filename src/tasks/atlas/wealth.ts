import { z } from 'zod';
import { localDay } from '../../calendar.js';
import { AppError } from '../../errors.js';
import { type Capabilities, defineTask, type RunContext } from '../define.js';
import { monthNumber } from './wealth/entries.js';
import { loadPrices } from './wealth/prices.js';
import { readProfiles } from './wealth/profiles.js';
import { newTally, type Recalculation, recalculate } from './wealth/recalculate.js';
import { recalculateAll } from './wealth/round.js';

export const wealth = defineTask({
  name: 'wealth',
  path: '/wealth/recalculate',
  schedule: '15 3 * * *',
  product: 'atlas',
  summary: 'Recalculate the totals of every investor profile, or of the one that profile names',
  success: (t) => t.tasks.wealth.success,
  timeoutMs: 1_800_000,
  needs: ['db'],
  input: z.object({ profile: z.guid().optional() }),
  isPart: ({ profile }) => profile !== undefined,
  async run(context) {
    const recalculation = await prepare(context);
    const { profile } = context.input;
    const remaining =
      profile === undefined
        ? await recalculateAll(recalculation)
        : await recalculateOne(recalculation, profile);
    const { tally, prices } = recalculation;
    const stale = [...prices.stale].sort();
    if (stale.length > 0) context.log.warn({ stale }, 'prices older than two days were used');
    return { ...tally, stalePrices: stale.length, remaining };
  },
});

/** One moment and one set of prices for the whole run. */
async function prepare(context: RunContext<unknown> & Pick<Capabilities, 'db'>): Promise<Recalculation> {
  const now = context.now();
  const [year = '', month] = localDay(now, context.site.timeZone).split('-');
  const prices = await loadPrices(context);
  return { ...context, now, prices, month: monthNumber(year, month), tally: newTally() };
}

async function recalculateOne(recalculation: Recalculation, id: string): Promise<number> {
  const found = await readProfiles(recalculation.db, [id]);
  if (found.length === 0) throw new AppError('invalid_parameters', (t) => t.wealth.unknownProfile(id));
  await recalculate(recalculation, found);
  return 0;
}
