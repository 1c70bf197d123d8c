import { z } from 'zod';
import { deliver } from '../../messages/delivery.js';
import { defineTask } from '../define.js';
import { offerDemo } from './offer-demo.js';
import { offerHelp } from './offer-help.js';
import { takeBackCancelled } from './take-back.js';

export const NAME = 'trials-nudge';

export interface Nudges {
  helpOffered: number;
  smsQueued: number;
  demoOffered: number;
  /** Companies to which nothing can be written. */
  unreachable: number;
}

export const trialsNudge = defineTask({
  name: NAME,
  path: '/trials/nudge-inactive',
  schedule: '0 10 * * *',
  product: 'talos',
  summary: 'Offer help, and later a demo, to companies on trial that have gone silent',
  success: (t) => t.tasks[NAME].success,
  timeoutMs: 600_000,
  // Without the key there is no way to unsubscribe, and an offer must not go out without one.
  needs: ['db', 'mail', 'vault'],
  uses: ['sms'],
  input: z.object({}),
  async run(context) {
    const tally: Nudges = { helpOffered: 0, smsQueued: 0, demoOffered: 0, unreachable: 0 };
    await takeBackCancelled(context);
    const unhelped = await offerHelp(context, tally);
    const unshown = await offerDemo(context, tally);
    context.progress({ ...tally });
    const { remaining, ...delivered } = await deliver(context, { task: NAME });
    return { ...tally, ...delivered, remaining: remaining + unhelped + unshown };
  },
});
