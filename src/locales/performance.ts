import type { ThresholdName } from '../settings.js';

/** What is known of a value that is above its threshold. */
export interface ExcessFacts {
  /** The name of the machine. */
  machine: string;
  /** Where a disk is mounted. */
  path: string;
  value: number;
  limit: number;
}

export interface LongQuery {
  pid: number;
  /** As its client calls itself; empty where it does not say or may not be asked. */
  application: string;
  user: string;
  /** The first word of the statement: the rest may hold what is nobody's business. */
  command: string;
}

interface ExcessText {
  /** One line that fits an SMS. */
  title(facts: ExcessFacts): string;
  /** What to do first. */
  advice: string;
}

/** What is measured, and what to do when it is too much. */
export interface PerformanceTexts {
  excess: Record<ThresholdName, ExcessText>;
  /** Of the files that a disk has room for, beside its space. */
  inodes: ExcessText;
  /** What is not a machine with a name of its own. */
  machines: { database: string };
  overFiveMinutes: string;
  longQuery(query: LongQuery): string;
  /** Why an incident of the longest query does not end by itself. */
  hiddenSessions: string;
  setting(key: string): string;
  unreachable: { title(machine: string): string; noneTitle(machines: number): string; noneAdvice: string };
  databasePart: { refused(code: string): string; slow(seconds: number): string };
  exporter: {
    unreachable(name: string, code: string): string;
    timeout(name: string, seconds: number): string;
    denied(name: string, status: number): string;
    status(name: string, status: number): string;
    tooLarge(name: string): string;
    malformed(name: string, line: number): string;
    foreign(name: string): string;
  };
  page: {
    unreachable(host: string, code: string): string;
    timeout(host: string, seconds: number): string;
    status(host: string, status: number): string;
    tooLarge(host: string): string;
    redirects(host: string): string;
  };
}

/** Rounded up, or what is just above a threshold would look equal to it. */
export const roundedUp = (value: number, tag: string): string =>
  new Intl.NumberFormat(tag, { maximumFractionDigits: 1 }).format(Math.ceil(value * 10 - 0.01) / 10);
