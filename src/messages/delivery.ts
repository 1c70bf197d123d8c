import { DeliveryProblem } from '../clients/delivery-problem.js';
import {
  claimMessages,
  countDue,
  freeOrphans,
  isSuppressed,
  lookAgain,
  type QueuedMessage,
  type Settlement,
} from '../db/outbox.js';
import { AppError, describeError } from '../errors.js';
import type { Capabilities, RunContext } from '../tasks/define.js';
import { causeStands } from './causes.js';
import { Gate } from './gate.js';
import { type Lane, mailLane, type OpenMessage, smsLane } from './lanes.js';
import { notBefore } from './marketing.js';
import { type Envelope, sealedIn } from './queue.js';
import { holdAfterRestore } from './restored.js';
import { afterAttempt } from './retries.js';
import { Settler } from './settler.js';

export type DeliveryContext = RunContext<unknown> &
  Pick<Capabilities, 'db'> &
  Partial<Pick<Capabilities, 'mail' | 'sms' | 'vault'>>;

export interface DeliveryTally {
  sent: number;
  /** Refused for now: tried again later. */
  postponed: number;
  /** Refused for good. */
  refused: number;
  /** The cause had gone. */
  cancelled: number;
  /** The address gets nothing. */
  suppressed: number;
  /** Due and still there. */
  remaining: number;
}

/** A claimed message, and when its cause was last looked at. */
type Claimed = QueuedMessage & { lookedAtTicks: number };

/** Older knowledge is looked up again before a message goes out. */
const FRESH_MS = 1_000;
/** Connections that break off one after the other: the server is not well. */
const MOST_BROKEN_OFF = 3;

/** Delivers what is due, of one task or of all. Each message is tried at most once. */
export async function deliver(
  context: DeliveryContext,
  { task }: { task?: string } = {},
): Promise<DeliveryTally> {
  const tally = { sent: 0, postponed: 0, refused: 0, cancelled: 0, suppressed: 0, remaining: 0 };
  if (!context.dryRun) {
    await holdAfterRestore(context);
    await context.db.write(freeOrphans);
    const { mail, sms } = context;
    const lanes = [...(mail ? [mailLane(mail)] : []), ...(sms ? [smsLane(sms)] : [])];
    await Promise.all(lanes.map((lane) => new Delivery(context, lane, task, tally).run()));
  }
  tally.remaining = await countDue(context.db, task, context.now());
  return tally;
}

/** The messages of one channel on their way. */
class Delivery {
  readonly #settler: Settler;
  readonly #gate: Gate;
  readonly #failure = new AbortController();
  readonly #signal: AbortSignal;
  /** Claimed messages that nobody works on yet. */
  #stock: Claimed[] = [];
  #claiming: Promise<void> | undefined;
  #exhausted = false;
  #stopped = false;
  #brokenOff = 0;
  /** Tried and not delivered: the next run tries again. */
  readonly #putBack: Settlement[] = [];

  constructor(
    private readonly context: DeliveryContext,
    private readonly lane: Lane,
    private readonly task: string | undefined,
    private readonly tally: DeliveryTally,
  ) {
    this.#settler = new Settler(context.db, context.runId, context.now);
    this.#gate = new Gate(lane.width);
    this.#signal = AbortSignal.any([context.signal, this.#failure.signal]);
  }

  async run(): Promise<void> {
    const workers = Array.from({ length: this.lane.workers }, () => this.#work());
    try {
      await Promise.all(workers);
      const unsent = this.#stock.map(({ id }): Settlement => ({ id, status: 'pending' }));
      await Promise.all([...this.#putBack, ...unsent].map((one) => this.#settler.settle(one)));
    } catch (error) {
      this.#failure.abort(error);
      await Promise.allSettled(workers);
      throw error;
    } finally {
      this.lane.close();
    }
  }

  async #work(): Promise<void> {
    for (let message = await this.#next(); message; message = await this.#next()) {
      await this.#attempt(message);
    }
  }

  async #next(): Promise<Claimed | undefined> {
    for (;;) {
      this.#signal.throwIfAborted();
      if (this.#stopped || this.context.outOfTime()) return undefined;
      // The next ones are claimed while the last ones go out.
      if (this.#stock.length < this.lane.workers && !this.#exhausted) this.#claiming ??= this.#claim();
      const next = this.#stock.shift();
      if (next) return next;
      if (!this.#claiming) return undefined;
      await this.#claiming;
    }
  }

  async #claim(): Promise<void> {
    const { db, runId, now } = this.context;
    const limit = this.lane.workers * 4;
    this.context.progress({ ...this.tally });
    try {
      const stands = causeStands(now());
      const claim = { channel: this.lane.channel, task: this.task, runId, now: now(), limit, stands };
      const claimed = await db.write((tx) => claimMessages(tx, claim));
      this.#exhausted = claimed.length < limit;
      const lookedAtTicks = performance.now();
      this.#stock.push(...claimed.map((message) => ({ ...message, lookedAtTicks })));
    } finally {
      this.#claiming = undefined;
    }
  }

  async #attempt(message: Claimed): Promise<void> {
    const opened = this.#open(message);
    if (!opened) return;
    const obstacle = await this.#obstacle(message, opened);
    if (obstacle)
      return this.#end({ ...obstacle, blank: message.ephemeral && obstacle.status !== 'pending' });
    const pass = this.#gate.ticket();
    try {
      await this.lane.send(opened, this.#signal, pass.enter);
      await this.#settler.settle({ id: message.id, status: 'sent', blank: message.ephemeral });
    } catch (error) {
      // A result that could not be written down keeps its place at the gate: no other may take it.
      if (!(error instanceof DeliveryProblem)) throw error;
      await this.#refused(message, opened, error);
      return pass.leave();
    }
    pass.leave();
    this.tally.sent += 1;
    this.#brokenOff = 0;
  }

  /** Why a message must not go out, looked at a moment before it would. */
  async #obstacle(message: Claimed, opened: OpenMessage): Promise<Settlement | undefined> {
    const { db, runId, now, site } = this.context;
    const { id } = message;
    const fresh = performance.now() - message.lookedAtTicks < FRESH_MS;
    const state = fresh ? message : await lookAgain(db, id, runId, causeStands(now()));
    if (!state?.stands) return { id, status: 'cancelled' };
    if (state.suppressed || (message.ephemeral && (await isSuppressed(db, opened.recipient))))
      return { id, status: 'suppressed' };
    const nextAttemptAt = this.lane.channel === 'sms' && notBefore(opened.headers, now(), site.timeZone);
    return nextAttemptAt ? { id, status: 'pending', nextAttemptAt } : undefined;
  }

  async #end(settlement: Settlement): Promise<void> {
    await this.#settler.settle(settlement);
    if (settlement.status === 'cancelled') this.tally.cancelled += 1;
    if (settlement.status === 'suppressed') this.tally.suppressed += 1;
  }

  async #refused(message: Claimed, opened: OpenMessage, problem: DeliveryProblem): Promise<void> {
    const { id } = message;
    const { verdict } = problem;
    if (verdict === 'channel' || verdict === 'broken-off') {
      this.#putBack.push({ id, status: 'pending' });
      this.#brokenOff += 1;
      if (verdict === 'channel' || this.#brokenOff >= MOST_BROKEN_OFF) this.#stop(problem);
      else if (this.#brokenOff === 1) this.context.fail(this.lane.name, problem);
      return;
    }
    this.#brokenOff = 0;
    const words = this.#words(problem, message, opened);
    const settlement: Settlement = {
      id,
      lastError: words,
      ...afterAttempt(message, verdict, this.context.now()),
    };
    settlement.blank = message.ephemeral && settlement.status === 'failed';
    if (verdict === 'address' && !message.ephemeral) settlement.suppress = words.slice(0, 300);
    await this.#settler.settle(settlement);
    if (settlement.status === 'failed') this.tally.refused += 1;
    else this.tally.postponed += 1;
    this.context.fail(message.ephemeral ? id : opened.recipient, new AppError('unprocessable', () => words));
  }

  /** The channel itself does not work: the other messages would fail too. */
  #stop(problem: DeliveryProblem): void {
    if (!this.#stopped) this.context.fail(this.lane.name, problem);
    this.#stopped = true;
  }

  /** Servers repeat the address in their replies; that of an ephemeral message must not stay. */
  #words(problem: DeliveryProblem, { ephemeral }: Claimed, { recipient }: OpenMessage): string {
    const words = describeError(problem, this.context.messages);
    return ephemeral ? words.replaceAll(recipient, '…') : words;
  }

  #open(message: Claimed): OpenMessage | undefined {
    const { id, headers, messageId } = message;
    if (!message.ephemeral) {
      const { recipient, subject, textBody: text, htmlBody: html } = message;
      return { headers, messageId, recipient, subject: subject ?? '', text, html };
    }
    try {
      const plain = this.context.vault?.decrypt(message.textBody, sealedIn(id));
      if (plain !== undefined) return { headers, messageId, ...(JSON.parse(plain) as Envelope) };
    } catch {
      // Told below, without what could not be read.
    }
    this.#putBack.push({ id, status: 'pending' });
    this.context.fail(id, new AppError('unprocessable', (t) => t.delivery.sealed));
    return undefined;
  }
}
