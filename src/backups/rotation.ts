import type { KeepRules } from './settings.js';

export interface DatedSet {
  stem: string;
  startedAt: Date;
  /** Restored by backup-verify, and its rows counted. */
  verified: boolean;
}

export type Rule = 'newest' | 'verified' | 'days' | 'daily' | 'weekly' | 'monthly' | 'future';

const DAY_MS = 24 * 60 * 60_000;

/**
 * Which rules keep each set; those that none keeps are absent. The rules look at the sets that there are, not at the
 * calendar, so that neither a pause nor a clock that jumps ahead empties the bucket. The newest set and the newest
 * verified one stay whatever the rules say.
 */
export function keptBy<Set extends DatedSet>(sets: Set[], keep: KeepRules, now: Date): Map<Set, Rule[]> {
  const kept = new Map<Set, Rule[]>();
  const keepBy = (set: Set | undefined, rule: Rule) => {
    if (set) kept.set(set, [...(kept.get(set) ?? []), rule]);
  };
  const newestFirst = [...sets].sort(
    (a, b) => b.startedAt.getTime() - a.startedAt.getTime() || (a.stem < b.stem ? 1 : -1),
  );
  // Made under a clock that was ahead: taking a place among the last days would push a true one out.
  const isAhead = ({ startedAt }: Set) => startedAt.getTime() > now.getTime() + DAY_MS;
  for (const set of newestFirst.filter(isAhead)) keepBy(set, 'future');
  const past = newestFirst.filter((set) => !isAhead(set));
  keepBy(past[0], 'newest');
  keepBy(
    past.find(({ verified }) => verified),
    'verified',
  );
  for (const set of past) {
    if (now.getTime() - set.startedAt.getTime() < keep.days * DAY_MS) keepBy(set, 'days');
  }
  for (const rule of PERIODS) {
    for (const set of newestOfEach(past, periodOf[rule]).slice(0, keep[rule])) keepBy(set, rule);
  }
  return kept;
}

const PERIODS = ['daily', 'weekly', 'monthly'] as const;

/** Names the UTC day, ISO week or month that a moment lies in. */
const periodOf = {
  daily: (at: Date) => at.toISOString().slice(0, 10),
  weekly: mondayOf,
  monthly: (at: Date) => at.toISOString().slice(0, 7),
};

function newestOfEach<Set extends DatedSet>(newestFirst: Set[], period: (at: Date) => string): Set[] {
  const newest = new Map<string, Set>();
  for (const set of newestFirst) {
    const name = period(set.startedAt);
    if (!newest.has(name)) newest.set(name, set);
  }
  return [...newest.values()];
}

/** ISO weeks begin on Monday. */
function mondayOf(at: Date): string {
  const sinceMonday = (at.getUTCDay() + 6) % 7;
  return new Date(at.getTime() - sinceMonday * DAY_MS).toISOString().slice(0, 10);
}

/** Says why no rule keeps a set, one reason a rule. */
export function explainRemoval(sets: DatedSet[], keep: KeepRules): (set: DatedSet) => string[] {
  const newest = new Map<string, number>();
  for (const { startedAt } of sets) {
    for (const rule of PERIODS) {
      const period = `${rule} ${periodOf[rule](startedAt)}`;
      newest.set(period, Math.max(newest.get(period) ?? 0, startedAt.getTime()));
    }
  }
  const why = (rule: (typeof PERIODS)[number], at: Date) => {
    const period = periodOf[rule](at);
    const isNewest = newest.get(`${rule} ${period}`) === at.getTime();
    return `${rule}: ${isNewest ? `not among the last ${keep[rule]}` : `${period} has a newer set`}`;
  };
  return ({ startedAt }) => [
    `days: not younger than ${keep.days} day(s)`,
    ...PERIODS.map((rule) => why(rule, startedAt)),
  ];
}
