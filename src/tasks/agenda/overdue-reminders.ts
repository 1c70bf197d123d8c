import { z } from 'zod';
import { deliver } from '../../messages/delivery.js';
import { defineTask } from '../define.js';
import { remindOfAppointments } from './appointments.js';
import { chaseInvoices } from './invoices.js';
import { newTally, type Round } from './round.js';
import { remindOfTodos } from './todos.js';

/** The most urgent first. One whose table fails (the application's own view, say) does not silence the others. */
const STEPS = [
  { name: 'appointments', work: remindOfAppointments },
  { name: 'todos', work: remindOfTodos },
  { name: 'invoices', work: chaseInvoices },
];

export const overdueReminders = defineTask({
  name: 'overdue-reminders',
  path: '/cron/check-overdue-and-reminders',
  schedule: '*/15 * * * *',
  product: 'lokario',
  summary: 'Mark overdue invoices; remind of todos and appointments, once for each cause',
  success: (t) => t.tasks['overdue-reminders'].success,
  timeoutMs: 600_000,
  needs: ['db'],
  uses: ['mail', 'vault'],
  input: z.object({}),
  async run(context) {
    const tally = newTally();
    const round: Round = { ...context, now: context.now(), tally };
    await context.each(STEPS, { concurrency: 1, name: (step) => step.name }, (step) => step.work(round));
    if (!context.mail) return { ...tally, sent: 0 };
    const { sent } = await deliver(context, { task: 'overdue-reminders' });
    return { ...tally, sent };
  },
});
