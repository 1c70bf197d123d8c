import { DeliveryProblem } from '../clients/delivery-problem.js';
import { claimMessages, isSuppressed, lookAgain, type QueuedMessage, type Settlement } from '../db/outbox.js';
import { AppError, describeError } from '../errors.js';
import type { Capabilities, RunContext } from '../tasks/define.js';
import { ALWAYS_STANDS, standingOf } from './causes.js';
import type { Lane, OpenMessage } from './lanes.js';
import { notBefore } from './marketing.js';
import { openMessage } from './open-message.js';
import { ALERTS } from './queue.js';
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
const FRESH_MS = 250;
/** Connections that break off one after the other: the server is not well. */
const MOST_BROKEN_OFF = 3;
/** Less than a run has to unwind. */
const SENDING_GRACE_MS = 3_500;
/** Until a message that waits for a working day is looked at again. */
const WAIT_MS = 60 * 60_000;
/** Messages refused for good one after the other: it is not their fault. */
const MOST_REFUSALS = 10;

/** The messages of one channel on their way. */
export class LaneDelivery {
  readonly #settler: Settler;
  readonly #failure = new AbortController();
  readonly #signal: AbortSignal;
  readonly #late = new AbortController();
  /** What is on its way gets a moment more than the run: cut off, it would go out twice. */
  readonly #sendSignal: AbortSignal;
  /** Claimed messages that nobody works on yet. */
  #stock: Claimed[] = [];
  #claiming: Promise<void> | undefined;
  #exhausted = false;
  #stopped = false;
  #brokenOff = 0;
  #refusals = 0;
  /** Tried and not delivered: the next run tries again. */
  readonly #putBack: Settlement[] = [];

  constructor(
    private readonly context: DeliveryContext,
    private readonly lane: Lane,
    private readonly task: string | undefined,
    private readonly tally: DeliveryTally,
  ) {
    this.#settler = new Settler(context.db, context.runId, context.now);
    this.#signal = AbortSignal.any([context.signal, this.#failure.signal]);
    this.#sendSignal = AbortSignal.any([this.#late.signal, this.#failure.signal]);
  }

  async run(): Promise<void> {
    const workers = Array.from({ length: this.lane.workers }, () => this.#work());
    let timer: NodeJS.Timeout | undefined;
    const endSoon = () => {
      timer = setTimeout(() => this.#late.abort(this.context.signal.reason), SENDING_GRACE_MS);
    };
    this.context.signal.addEventListener('abort', endSoon, { once: true });
    try {
      await Promise.all(workers);
      this.context.signal.throwIfAborted();
      const unsent = this.#stock.map(
        ({ id, lastError }): Settlement => ({ id, status: 'pending', lastError }),
      );
      await Promise.all([...this.#putBack, ...unsent].map((one) => this.#settler.settle(one)));
      this.context.progress({ ...this.tally });
    } catch (error) {
      // The run was told to stop: what is on its way may still arrive, and be written down.
      if (this.context.signal.aborted) await Promise.allSettled(workers);
      this.#failure.abort(error);
      await Promise.allSettled(workers);
      throw error;
    } finally {
      this.context.signal.removeEventListener('abort', endSoon);
      clearTimeout(timer);
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
      if (this.#stock.length < this.lane.workers && !this.#exhausted && !this.#claiming) {
        this.#claiming = this.#claim();
        // Whoever waits for it hears of a failure; with nobody waiting, the next one to come tries again.
        this.#claiming.catch(() => {});
      }
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
      const standing = this.#standing();
      const claim = { channel: this.lane.channel, task: this.task, runId, now: now(), limit, standing };
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
    let obstacle = await this.#obstacle(message, opened);
    if (obstacle) return this.#end(message, obstacle);
    const pass = this.lane.gate.ticket();
    try {
      await this.lane.send(opened, this.#sendSignal, async () => {
        await pass.enter();
        // The server may have kept it waiting.
        obstacle = await this.#obstacle(message, opened);
        if (obstacle) throw new Error('the message must not go out any more');
      });
      await this.#settler.settle({ id: message.id, status: 'sent', blank: message.ephemeral });
      this.tally.sent += 1;
      this.#brokenOff = 0;
      this.#refusals = 0;
    } catch (error) {
      if (obstacle) return await this.#end(message, obstacle);
      if (!(error instanceof DeliveryProblem)) throw error;
      await this.#refused(message, opened, error);
    } finally {
      // Not before it is written down, as long as that can be done.
      pass.leave();
    }
  }

  /** Alerts are taken back by nothing, and must not depend on tables that may be what is wrong. */
  #standing() {
    const { now, site } = this.context;
    return this.task === ALERTS ? ALWAYS_STANDS : standingOf({ now: now(), timeZone: site.timeZone });
  }

  /** Why a message must not go out, looked at a moment before it would. */
  async #obstacle(message: Claimed, opened: OpenMessage): Promise<Settlement | undefined> {
    const { db, runId, now, site } = this.context;
    const { id, lastError } = message;
    if (performance.now() - message.lookedAtTicks > FRESH_MS) {
      const state = await lookAgain(db, id, runId, this.#standing());
      Object.assign(message, state ?? { standing: 'gone' }, { lookedAtTicks: performance.now() });
    }
    if (message.standing === 'gone') return { id, status: 'cancelled' };
    if (message.standing === 'waits')
      return { id, status: 'pending', nextAttemptAt: new Date(now().getTime() + WAIT_MS), lastError };
    if (message.suppressed || (message.ephemeral && (await isSuppressed(db, opened.recipient))))
      return { id, status: 'suppressed' };
    const nextAttemptAt = this.lane.channel === 'sms' && notBefore(opened.headers, now(), site.timeZone);
    return nextAttemptAt ? { id, status: 'pending', nextAttemptAt, lastError } : undefined;
  }

  async #end({ ephemeral }: Claimed, { status, ...rest }: Settlement): Promise<void> {
    await this.#settler.settle({ ...rest, status, blank: ephemeral && status !== 'pending' });
    if (status === 'cancelled') this.tally.cancelled += 1;
    if (status === 'suppressed') this.tally.suppressed += 1;
  }

  async #refused(message: Claimed, opened: OpenMessage, problem: DeliveryProblem): Promise<void> {
    const { id } = message;
    const { verdict } = problem;
    const words = this.#words(problem, message);
    // Without its cause, which quotes the server too.
    const told = message.ephemeral ? new AppError('unprocessable', () => words) : problem;
    const isCutOff = verdict === 'broken-off' || verdict === 'uncertain';
    this.#brokenOff = isCutOff ? this.#brokenOff + 1 : 0;
    const isOver = verdict === 'channel' || this.#brokenOff >= MOST_BROKEN_OFF;
    // The channel itself does not work: the other messages would fail too.
    if (!this.#stopped && (isOver || this.#brokenOff === 1)) this.context.fail(this.lane.name, told);
    this.#stopped ||= isOver;
    // A connection that ends is no fault of the message, unless the server has had that message again and again.
    const isFree = verdict === 'broken-off' || (verdict === 'uncertain' && message.lastError === null);
    if (verdict === 'channel' || isFree) {
      const lastError = verdict === 'uncertain' ? words : message.lastError;
      // Behind the others, which it must not keep from being tried.
      this.#putBack.push({ id, status: 'pending', nextAttemptAt: this.context.now(), lastError });
      return;
    }
    if (verdict === 'permanent' && problem.cause) this.#refusals += 1;
    if (this.#refusals >= MOST_REFUSALS && !this.#stopped) {
      this.#stopped = true;
      this.context.fail(this.lane.name, new AppError('unprocessable', (t) => t.delivery.refusesAll(words)));
    }
    const settlement: Settlement = {
      id,
      lastError: words,
      ...afterAttempt(message, isCutOff ? 'temporary' : verdict, this.context.now()),
    };
    settlement.blank = message.ephemeral && settlement.status === 'failed';
    if (verdict === 'address' && !message.ephemeral) settlement.suppress = words.slice(0, 300);
    await this.#settler.settle(settlement);
    if (settlement.status === 'failed') this.tally.refused += 1;
    else this.tally.postponed += 1;
    if (!isCutOff) this.context.fail(message.ephemeral ? id : opened.recipient, told);
  }

  /** Servers repeat the address in their replies, in many ways: of an ephemeral message only the code may stay. */
  #words(problem: DeliveryProblem, { ephemeral }: Claimed): string {
    const words = describeError(problem, this.context.messages);
    const [code = ''] = /\b[245]\d\d(?:[ -][245]\.\d{1,3}\.\d{1,3})?\b/.exec(words) ?? [];
    return ephemeral ? this.context.messages.delivery.refusedQuietly(code) : words;
  }

  #open(message: Claimed): OpenMessage | undefined {
    const opened = openMessage(message, this.context.vault);
    if (opened) return opened;
    this.#putBack.push({ id: message.id, status: 'pending', lastError: message.lastError });
    this.context.fail(message.id, new AppError('unprocessable', (t) => t.delivery.sealed));
    return undefined;
  }
}
