import type { Secret } from '../secret.js';

/** How many sets the rotation keeps, by rule. */
export interface KeepRules {
  /** Everything younger. */
  days: number;
  /** The newest set of each of so many days, ISO weeks and months that have one. */
  daily: number;
  weekly: number;
  monthly: number;
}

/** What is dumped, where it goes and how long it stays. */
export interface BackupSettings {
  /** The database to dump. */
  url: Secret;
  /** Names the sets; without it the database's own name does. */
  name: string | undefined;
  /** Without slashes at its ends. */
  prefix: string;
  /** Undefined: all. */
  schemas: string[] | undefined;
  keep: KeepRules;
  /** age1…; undefined: not encrypted. */
  recipient: string | undefined;
  identity: Secret | undefined;
  /** Files and folders to archive next to the dump. */
  extraPaths: string[];
}
