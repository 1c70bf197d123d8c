import type { Capabilities, RunContext } from '../define.js';

export type TrialContext = RunContext<unknown> &
  Pick<Capabilities, 'db' | 'mail'> &
  Partial<Pick<Capabilities, 'vault' | 'sms'>>;

/** Somebody who answers for a company. */
export interface Contact {
  email: string;
  name: string;
  phone: string | null;
}

/** A company on trial, as what is written to it needs it. */
export interface Trial {
  id: string;
  name: string;
  email: string | null;
  phone: string | null;
  /** ISO 8601; none for a trial that has no end, or one that no calendar shows. */
  endsAt: string | null;
  /** As dedupe keys name the end. */
  endSecond: string | null;
  /** Owners, then administrators. */
  contacts: Contact[];
  /** Everybody else. */
  members: Contact[];
  /** Its users that are not disabled. */
  users: number;
  /** Somebody of the company has logged in, once at least. */
  visited: boolean;
}
