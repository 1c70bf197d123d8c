import { z } from 'zod';
import { deliver } from '../../messages/delivery.js';
import { defineTask } from '../define.js';
import { conversion } from './conversion.js';
import { endTrials, newEndings } from './end-trials.js';
import { warn } from './warn.js';

export const NAME = 'trials-expire';

export const trialsExpire = defineTask({
  name: NAME,
  path: '/trials/expire',
  schedule: '0 1 * * *',
  product: 'talos',
  summary: 'End the trials whose time has come, with an offer, and warn those that end in three days',
  success: (t) => t.tasks[NAME].success,
  timeoutMs: 600_000,
  needs: ['db', 'mail'],
  uses: ['vault'],
  input: z.object({}),
  async run(context) {
    const tally = newEndings();
    const unended = await endTrials(context, tally);
    const unwarned = await warn(context, tally);
    context.progress({ ...tally });
    const { remaining, ...delivered } = await deliver(context, { task: NAME });
    const rates = await conversion(context);
    return { ...tally, ...rates, ...delivered, remaining: remaining + unended + unwarned };
  },
});
