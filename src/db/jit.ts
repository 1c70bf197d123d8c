import { sql } from 'drizzle-orm';
import type { Transaction } from './client.js';

/** Many small look-ups look dear to the planner: compiling them takes longer than they do. */
export const withoutJit = (tx: Transaction) => tx.execute(sql`select set_config('jit', 'off', true)`);
