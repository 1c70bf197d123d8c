import { recordBounces } from './bounces.js';
import type { Reading } from './reading.js';
import { stopAnswered } from './replies.js';

/** What new mails say to messages of ours. */
export interface Answers {
  /** Follow-ups stopped by them. */
  replies: number;
  /** Messages that came back. */
  bounces: number;
}

export async function recordAnswers(reading: Reading): Promise<Answers> {
  return { replies: await stopAnswered(reading), bounces: await recordBounces(reading) };
}
