import type { z } from 'zod';
import type { BackupSettings } from '../backups/settings.js';
import type { Binance } from '../clients/binance.js';
import type { Ebay } from '../clients/ebay.js';
import type { Imap } from '../clients/imap.js';
import type { Mail } from '../clients/mail.js';
import type { PostgresPrograms } from '../clients/postgres-programs.js';
import type { Sms } from '../clients/sms.js';
import type { Storage } from '../clients/storage.js';
import type { Stripe } from '../clients/stripe.js';
import type { Vault } from '../clients/vault.js';
import type { Database, Transaction } from '../db/client.js';
import type { Text } from '../errors.js';
import type { Messages } from '../locales/index.js';
import type { TaskLog } from '../run-log.js';
import type { Secret } from '../secret.js';
import type { Site } from '../site.js';
import type { TaskHealthReader } from '../task-health.js';

export const PRODUCTS = ['lokario', 'atlas', 'prix-cartes', 'erp-btp', 'talos'] as const;
export type Product = (typeof PRODUCTS)[number];

/** What tasks may ask for. A task cannot touch what it did not ask for. */
export interface Capabilities {
  db: TaskDatabase;
  imap: Imap;
  vault: Vault;
  mail: Mail;
  sms: Sms;
  storage: Storage;
  stripe: Stripe;
  binance: Binance;
  ebay: Ebay;
  backups: BackupSettings;
  /** pg_dump and psql. */
  programs: PostgresPrograms;
  /** Where a backup is restored to prove it. */
  verifyServer: Secret;
  /** The administrator's address. */
  administrator: string;
  /** Folders whose old files go. */
  tempPaths: readonly string[];
  /** Prometheus node_exporters of other machines; a URL may hold a password. */
  nodeExporters: readonly Secret[];
  /** How every task fares by its schedule. */
  taskHealth: TaskHealthReader;
}

export type Need = keyof Capabilities;

export interface TaskDatabase {
  /** Sends single statements that only read. */
  rows: Database['rows'];
  lookUps: Database['lookUps'];
  /** Writes in one transaction, after checking that this run still holds its lease. */
  write<Result>(work: (tx: Transaction) => Promise<Result>): Promise<Result>;
}

export interface EachOptions<Item> {
  concurrency: number;
  /** How `errors` names the item. */
  name(item: Item): string;
}

export interface RunContext<Input> {
  runId: string;
  input: Input;
  /** The current time; tests turn it. */
  now(): Date;
  /** Aborts at the time limit, at a lost lease and at the end of the shutdown grace. */
  signal: AbortSignal;
  /** True once a task that works through a backlog should stop by itself (90 % of its limit). */
  outOfTime(): boolean;
  log: TaskLog;
  messages: Messages;
  site: Site;
  dryRun: boolean;
  force: boolean;
  /** Runs items side by side; one that fails is recorded and does not stop the others. */
  each<Item>(
    items: Iterable<Item>,
    options: EachOptions<Item>,
    work: (item: Item) => Promise<void>,
  ): Promise<void>;
  /** Records that one item failed. */
  fail(item: string, error: unknown): void;
  /** Shows how far the run has come, from the next heartbeat on. */
  progress(value: Record<string, unknown>): void;
  /** In a dry run: what a real one would do. */
  would(item: string, action: Record<string, unknown>): void;
  /** Ends the run because the task's own rule says not now. */
  skip(reason: Text): never;
}

export type Stats = Record<string, number | string | boolean | null>;

export interface Task<Input = unknown, Needs extends Need = Need, Uses extends Need = never> {
  name: string;
  path: `/${string}`;
  /** The recommended schedule, in `TIMEZONE`. */
  schedule: string;
  product: Product;
  /** Other products that want it too. */
  alsoOf?: readonly Product[];
  /** One sentence in English, for the catalogue and the documentation. */
  summary: string;
  success: Text;
  /** What a run that ends as it should says instead, where `success` did not come true. */
  undone?(stats: Stats, messages: Messages): string | undefined;
  timeoutMs: number;
  /** Its runs last as long as what they wait for: none is unusually long or short. */
  variableDuration?: true;
  needs: readonly Needs[];
  /** What it works with where that is configured, and without where it is not. */
  uses?: readonly Uses[];
  /** At least one of these must be configured; the first is the one to recommend. */
  needsOneOf?: readonly Uses[];
  /** The task's own parameters, beside those of every task. */
  input: z.ZodObject;
  /** True of a run that somebody asked for one item: it says nothing of how the task fares. */
  isPart?(input: Input): boolean;
  run(context: TaskContext<Input, Needs, Uses>): Promise<Stats>;
  /** What `preview=true` shows instead of running: a page of HTML. It only reads. */
  preview?(context: TaskContext<Input, Needs, Uses>): Promise<string>;
}

export type TaskContext<Input, Needs extends Need, Uses extends Need = never> = RunContext<Input> &
  Pick<Capabilities, Needs> &
  Partial<Pick<Capabilities, Uses>>;

/** A task whose types the catalogue need not know; `needs` and `input` are checked before `run`. */
export type AnyTask = Omit<Task<unknown, Need, Need>, 'run' | 'isPart' | 'preview'> & {
  isPart?(input: never): boolean;
  run(context: RunContext<never> & Capabilities): Promise<Stats>;
  preview?(context: RunContext<never> & Capabilities): Promise<string>;
};

export function defineTask<
  Shape extends z.ZodObject,
  const Needs extends Need,
  const Uses extends Need = never,
>(task: Omit<Task<z.output<Shape>, Needs, Uses>, 'input'> & { input: Shape }): AnyTask {
  return task as unknown as AnyTask;
}
