import type { MessageStatus } from '../db/schema/messages.js';

export type ReportKind = 'daily' | 'weekly';

/** What a report is made of, as errors name it. */
export type ReportPart =
  | 'incidents'
  | 'monitors'
  | 'outbox_messages'
  | 'customers'
  | 'task_runs'
  | 'kpi_targets'
  | 'charts'
  | 'month'
  | 'statistics';

/** What one report says in its own words. */
interface EditionTexts {
  /** @param gist is empty when no number is known */
  subject(when: string, gist: string): string;
  heading(when: string): string;
  /** « Hier, 3 nouveaux abonnements et 412 € encaissés » */
  happened(what: string): string;
  quiet: string;
  quietGist: string;
  unknown: string;
  /** What the period is compared with, in words. */
  reference(weekday: string): string;
  noFailures: string;
  legend: string;
  already(when: string): string;
}

/** Amounts, rates and dates come formatted. */
export interface ReportTexts {
  editions: Record<ReportKind, EditionTexts>;
  gist: {
    subscriptions(count: number): string;
    leads(count: number): string;
    received(amount: string): string;
    /** More was paid back than came in. */
    paidBack(amount: string): string;
    better(what: string, reference: string, amount: string): string;
    worse(what: string, reference: string, amount: string): string;
    alike(what: string, reference: string): string;
    departures(count: number): string;
    /** @param change in a week; empty when it is not known */
    mrr(amount: string, change: string): string;
    nothingToDo: string;
    toDo(count: number): string;
  };
  change: {
    up(amount: string): string;
    down(amount: string): string;
    same: string;
    /** Points of a percentage. */
    points(number: string): string;
    /** Said where the reader does not see the colour. */
    better: string;
    worse: string;
  };
  /** Why the mail has not gone out, and what to do. */
  unsent: Record<Exclude<MessageStatus, 'sent'>, string>;
  groups: Record<'acquisition' | 'revenue' | 'customers' | 'support', string>;
  attention: {
    title: string;
    since(moment: string, duration: string): string;
    more(count: number): string;
    lastRun(moment: string): string;
    lateDo: string;
    mailsRefused(count: number): string;
    mailsRefusedDo: string;
    mailsWaiting(count: number): string;
    mailsWaitingDo: string;
    mailsHeld(count: number): string;
    mailsHeldDo: string;
    neverVerified: string;
    neverVerifiedDo: string;
    verifiedLongAgo(duration: string): string;
    verifiedLongAgoDo: string;
    ticketsWaiting(count: number): string;
    ticketsWaitingOldest(duration: string): string;
    pastDue(count: number): string;
    pastDueDo: string;
    trialsEnding(count: number): string;
    trialsEndingDo: string;
    /** Something could not be read. */
    incomplete: string;
    /** @param parts in words, joined */
    incompleteDo(parts: string): string;
    parts: Record<Exclude<ReportPart, 'statistics'>, string>;
    numbersOld: string;
    numbersOldDo: string;
  };
  /** Shares, moments and durations come formatted. */
  watch: {
    title: string;
    /** @param when the day or week that it is of */
    uptime(when: string, share: string, monitors: number): string;
    wasDown(share: string, duration: string): string;
    ended(moment: string, duration: string): string;
    moreMonitors(count: number): string;
    moreIncidents(count: number): string;
    unusual: string;
    longer(moment: string, duration: string, usual: string): string;
    shorter(moment: string, duration: string, usual: string): string;
    /** @param names of the stats, as the run gives them */
    emptier(moment: string, names: string): string;
    moreUnusual(count: number): string;
  };
  operations: {
    title: string;
    failures(count: number): string;
    recovered: string;
    stillFailing: string;
    lastMessage(message: string): string;
    more(count: number): string;
    verified(moment: string, duration: string): string;
    verifiedNever: string;
    backedUp(moment: string): string;
  };
  goals: {
    week: string;
    month(month: string): string;
    atLeast(target: string): string;
    atMost(target: string): string;
    unknown: string;
    reached: string;
    kept: string;
    missed: string;
    progress(percent: string): string;
    more(count: number): string;
  };
  month: {
    title(month: string): string;
    /** The month is not over. */
    soFar(month: string): string;
    soFarColumn: string;
    note: string;
  };
  charts: {
    leads: string;
    revenue: string;
    bridge: string;
    customers: string;
    churn: string;
    /** Said where an axis does not begin at zero. */
    axisFrom(start: string): string;
    /** What the columns or the line say, the oldest first. */
    weekly(first: string, values: string): string;
    steps: Record<'start' | 'new' | 'expansion' | 'reactivation' | 'contraction' | 'churn' | 'end', string>;
  };
}
