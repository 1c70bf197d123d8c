import { z } from 'zod';
import { deliver } from '../../messages/delivery.js';
import { defineTask } from '../define.js';

export const outbox = defineTask({
  name: 'outbox',
  path: '/outbox/deliver',
  schedule: '*/5 * * * *',
  product: 'lokario',
  summary: 'Deliver pending e-mails and SMS, and those whose next attempt is due',
  success: (t) => t.tasks.outbox.success,
  timeoutMs: 600_000,
  needs: ['db'],
  uses: ['mail', 'sms', 'vault'],
  needsOneOf: ['mail', 'sms'],
  input: z.object({}),
  async run(context) {
    return { ...(await deliver(context)) };
  },
});
