import type { PricingSettings } from '../../settings.js';
import type { Capabilities, RunContext } from '../define.js';
import type { Line } from './line.js';
import type { PriceLimits } from './price-rule.js';

export type PricingContext = RunContext<unknown> & Pick<Capabilities, 'db' | 'ebay'>;

export interface Card extends PriceLimits {
  id: string;
  sku: string;
  query: string;
  categoryId: string | null;
  condition: string | null;
}

/** A batch while it is worked on. */
export interface Round {
  context: PricingContext;
  /** As they were when the last card was begun. */
  settings: PricingSettings;
  batchId: string;
  /** When this run took the batch up. */
  since: Date;
  tally: { priced: number; changed: number; tooFew: number; apiCalls: number };
  line: Line;
  /** What keeps the cards that are left from being priced now. */
  stop: Stop | undefined;
  /** Cards in a row that eBay did not answer. */
  unanswered: number;
}

/** `away`: eBay does not answer; `disabled`: somebody has turned the batch off; `fatal`: eBay refuses the account. */
export type Stop = { why: 'quota' | 'away' | 'disabled' } | { why: 'fatal'; error: Error };
