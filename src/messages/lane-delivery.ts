import { setMaxListeners } from 'node:events';
import { DeliveryProblem, NoTimeLeft } from '../clients/delivery-problem.js';
import type { Settlement } from '../db/outbox.js';
import { AppError, describeError } from '../errors.js';
import type { Capabilities, RunContext } from '../tasks/define.js';
import { Checks } from './checks.js';
import type { Lane, OpenMessage } from './lanes.js';
import { obstacleTo, type Questioning } from './obstacle.js';
import { openMessage } from './open-message.js';
import { isLost, Patience } from './patience.js';
import { ALERTS } from './queue.js';
import { afterAttempt } from './retries.js';
import { Settler } from './settler.js';
import { type Claimed, Stock } from './stock.js';

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

/** Less than a run has to unwind. */
const SENDING_GRACE_MS = 3_500;
/** How often it is looked whether the run should end. */
const LOOK_MS = 1_000;

/** The channel was given up while the message stood in line. */
class ChannelGivenUp extends Error {}

/** The messages of one channel on their way. */
export class LaneDelivery {
  readonly #settler: Settler;
  readonly #questioning: Questioning;
  readonly #failure = new AbortController();
  readonly #signal: AbortSignal;
  readonly #late = new AbortController();
  /** What is on its way gets a moment more than the run: cut off, it would go out twice. */
  readonly #sendSignal: AbortSignal;
  readonly #stock: Stock;
  #stopped = false;
  readonly #patience = new Patience();
  /** What was last said to be wrong with the channel. */
  #told: string | undefined;
  /** Tried and not delivered: the next run tries again. */
  readonly #putBack: Settlement[] = [];

  constructor(
    private readonly context: DeliveryContext,
    private readonly lane: Lane,
    task: string | undefined,
    private readonly tally: DeliveryTally,
  ) {
    this.#settler = new Settler(context.db, context.runId, context.now, context.log);
    const checks = new Checks(context, lane.channel, task);
    this.#questioning = { context, channel: lane.channel, checks };
    this.#stock = new Stock(lane.workers, (limit) => {
      context.progress({ ...tally });
      return checks.claim(limit);
    });
    this.#signal = AbortSignal.any([context.signal, this.#failure.signal]);
    this.#sendSignal = AbortSignal.any([this.#late.signal, this.#failure.signal]);
    // Every message in hand listens to it.
    setMaxListeners(0, this.#sendSignal);
  }

  async run(): Promise<void> {
    const workers = Array.from({ length: this.lane.workers }, () => this.#work());
    let timer: NodeJS.Timeout | undefined;
    const endSoon = () => {
      timer = setTimeout(() => this.#late.abort(this.context.signal.reason), SENDING_GRACE_MS);
    };
    this.context.signal.addEventListener('abort', endSoon, { once: true });
    const overdue = this.#watchTime();
    try {
      await Promise.all(workers);
      this.context.signal.throwIfAborted();
      for (const message of this.#stock.left) this.#leave(message);
      await Promise.all(this.#putBack.map((one) => this.#settler.settle(one)));
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
      clearInterval(overdue);
      this.lane.close();
    }
  }

  /** A server that thinks for minutes must not keep the run until its limit, and make it fail. */
  #watchTime(): NodeJS.Timeout {
    let overdueTicks: number | undefined;
    const look = () => {
      if (!this.context.outOfTime()) return;
      overdueTicks ??= performance.now();
      if (performance.now() - overdueTicks >= this.lane.overtimeMs) this.#late.abort(new NoTimeLeft());
    };
    return setInterval(look, Math.min(this.lane.overtimeMs, LOOK_MS));
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
      const next = this.#stock.take();
      if (next || !this.#stock.coming) return next;
      await this.#stock.coming;
    }
  }

  async #attempt(message: Claimed): Promise<void> {
    if (this.#stopped) return this.#leave(message);
    const opened = this.#open(message);
    if (!opened) return;
    let obstacle = await obstacleTo(message, opened, this.#questioning);
    if (obstacle) return this.#end(message, obstacle);
    const pass = this.lane.gate.ticket();
    try {
      await this.lane.send(opened, this.#sendSignal, async () => {
        await pass.enter();
        if (this.#stopped) throw new ChannelGivenUp();
        // The server may have kept it waiting.
        obstacle = await obstacleTo(message, opened, this.#questioning);
        if (obstacle) throw new Error('the message must not go out any more');
      });
      await this.#settler.settle({ id: message.id, status: 'sent', blank: message.ephemeral });
      this.tally.sent += 1;
      this.#told = undefined;
      this.#patience.sent();
    } catch (error) {
      if (obstacle) return await this.#end(message, obstacle);
      if (error instanceof NoTimeLeft) return this.#keep(message);
      if (error instanceof ChannelGivenUp) return this.#leave(message);
      if (!(error instanceof DeliveryProblem)) throw error;
      await this.#refused(message, opened, error);
    } finally {
      // Not before it is written down, as long as that can be done.
      pass.leave();
    }
  }

  async #end({ ephemeral, task }: Claimed, { status, ...rest }: Settlement): Promise<void> {
    await this.#settler.settle({ ...rest, status, blank: ephemeral && status !== 'pending' });
    if (status === 'cancelled') this.tally.cancelled += 1;
    if (status === 'suppressed') this.tally.suppressed += 1;
    if (status === 'suppressed' && task === ALERTS)
      this.context.log.error(
        {},
        `an alert went to nobody: suppressed_addresses lists ${this.lane.channel === 'sms' ? 'ADMIN_SMS' : 'ADMIN_EMAIL'}; delete that row`,
      );
  }

  async #refused(message: Claimed, opened: OpenMessage, problem: DeliveryProblem): Promise<void> {
    const { id, ephemeral, lastError } = message;
    const { verdict } = problem;
    const words = this.#words(problem, message);
    // Without its cause, which quotes the server too.
    const told = ephemeral ? new AppError('unprocessable', () => words) : problem;
    this.#tellChannel(problem, told, words);
    // A connection that ends is no fault of the message, unless the server has had that message again and again.
    if (
      verdict === 'channel' ||
      verdict === 'broken-off' ||
      (verdict === 'uncertain' && lastError === null)
    ) {
      return this.#keep(message, verdict === 'uncertain' ? words : lastError);
    }
    if (!isLost(verdict)) this.context.fail(ephemeral ? id : opened.recipient, told);
    if (verdict === 'not-allowed') return this.#keep(message, words);
    const outcome = verdict === 'permanent' || verdict === 'address' ? verdict : 'temporary';
    const after = afterAttempt(message, outcome, this.context.now());
    const settlement: Settlement = { id, lastError: words, ...after };
    settlement.blank = ephemeral && settlement.status === 'failed';
    if (verdict === 'address' && !ephemeral) settlement.suppress = words.slice(0, 300);
    await this.#settler.settle(settlement);
    if (settlement.status === 'failed') this.tally.refused += 1;
    else this.tally.postponed += 1;
  }

  /** For the next run, in its old place: nobody has tried it. */
  #leave({ id, lastError }: Claimed): void {
    this.#putBack.push({ id, status: 'pending', lastError });
  }

  /** For the next run, behind the others, which it must not keep from being tried. */
  #keep({ id, lastError }: Claimed, words = lastError): void {
    this.#putBack.push({ id, status: 'pending', nextAttemptAt: this.context.now(), lastError: words });
  }

  /** Says what is wrong with the channel, and stops when that is too much. */
  #tellChannel(problem: DeliveryProblem, told: AppError, words: string): void {
    const over = this.#patience.failed(problem);
    const isNew = this.#told === undefined ? over || isLost(problem.verdict) : over && this.#told !== words;
    if (isNew && !this.#stopped) {
      const refusesAll = new AppError('unprocessable', (t) => t.delivery.refusesAll(words));
      this.context.fail(this.lane.name, over === 'refuses-all' ? refusesAll : told);
      this.#told = words;
    }
    this.#stopped ||= over !== undefined;
  }

  /** Servers quote addresses and messages in their replies: of an ephemeral message only the codes may stay. */
  #words(problem: DeliveryProblem, { ephemeral }: Claimed): string {
    const { messages } = this.context;
    return ephemeral ? problem.discreetly(messages) : describeError(problem, messages);
  }

  #open(message: Claimed): OpenMessage | undefined {
    const opened = openMessage(message, this.context.vault);
    if (opened) return opened;
    this.#keep(message);
    this.context.fail(message.id, new AppError('unprocessable', (t) => t.delivery.sealed));
    return undefined;
  }
}
