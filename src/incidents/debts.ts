import { sql } from 'drizzle-orm';
import type { Transaction } from '../db/client.js';
import type { Incident } from './incident-rows.js';
import type { Letter } from './letters.js';
import type { Announcement, Telling } from './telling.js';
import type { Owed, Way } from './ways.js';

/** What is owed of a cause from now on. */
interface Debt {
  leader: string;
  owed: Owed | null;
  /** Its beginning has been told now, later than it was. */
  toldLate: boolean;
}

/** Where something has changed: what could not be told is owed, what was told is settled. */
export function debtsAfter(
  announcements: Announcement[],
  letters: Letter[],
  leaders: Incident[],
  refused: Set<Way>,
): Debt[] {
  return leaders.flatMap(({ id: leader, owed: before }) => {
    const owed: Owed = { ...before };
    // Owed was what has nobody left to tell of, or goes again.
    for (const { ways = [] } of announcements.filter((one) => one.leader === leader))
      for (const way of ways) delete owed[way];
    for (const { kind, ways } of letters.filter((one) => one.leader === leader && one.kind !== 'reminder'))
      for (const way of ways) {
        if (refused.has(way)) owed[way] = kind as Exclude<typeof kind, 'reminder'>;
        else delete owed[way];
      }
    const toldLate = isOutside(before) && !isOutside(owed);
    const left = Object.keys(owed).length > 0 ? owed : null;
    return JSON.stringify(left) === JSON.stringify(before) ? [] : { leader, owed: left, toldLate };
  });
}

/** True when somebody who does not look into the application has yet to hear of it. */
const isOutside = (owed: Owed | null): boolean => Boolean(owed?.mail ?? owed?.sms);

export async function writeDebts(tx: Transaction, debts: Debt[], { tools }: Telling): Promise<void> {
  if (debts.length === 0) return;
  const rows = debts.map(({ leader, owed, toldLate }) => ({
    leader,
    details: {
      ...(owed && { owed }),
      // Hours and days are counted from the mail that came late, or the first reminder would come with it.
      ...(toldLate && { toldAt: tools.now.toISOString() }),
    },
  }));
  await tx.execute(sql`
    update cronhook.incidents known set details = known.details - 'owed' || debt.details
    from json_to_recordset(${JSON.stringify(rows)}::json) as debt (leader uuid, details jsonb)
    where known.id = debt.leader
  `);
}
