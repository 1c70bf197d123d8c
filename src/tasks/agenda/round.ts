import type { Capabilities, RunContext } from '../define.js';

/** What one run works with; its moment is one for all that it looks at. */
export type Round = Omit<RunContext<unknown>, 'now'> &
  Pick<Capabilities, 'db'> &
  Partial<Pick<Capabilities, 'mail' | 'vault'>> & { now: Date; tally: Tally };

/** What is new in this run. */
export interface Tally {
  invoicesOverdue: number;
  todosOverdue: number;
  todosCritical: number;
  appointmentReminders: number;
  notifications: number;
  /** Queued, not yet sent. */
  mails: number;
}

export const newTally = (): Tally => ({
  invoicesOverdue: 0,
  todosOverdue: 0,
  todosCritical: 0,
  appointmentReminders: 0,
  notifications: 0,
  mails: 0,
});
