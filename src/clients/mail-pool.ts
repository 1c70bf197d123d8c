import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ConnectionOptions, MailConnection, type MailEnvelope } from './mail-connection.js';
import { isHangUpReply, type SmtpFailure } from './mail-problem.js';

/** A message on its way. */
export interface MailJob {
  envelope: MailEnvelope;
  /** Read once the server wants the message. */
  content(): Readable;
  /** The server wants it, or has wanted it: over another connection it could arrive twice. */
  wanted: boolean;
}

interface Waiting {
  resolve(): void;
  reject(error: unknown): void;
}

/** Servers count messages by connection, and many stop at a hundred. */
const MESSAGES_PER_CONNECTION = 100;
/** Connections in a row that a server which has worked may refuse, when there is no other. */
const MOST_MISSES = 5;
/** Connections that may end under one message before it is wanted. */
const MOST_TRIES = 3;
const FIRST_PAUSE_MS = 100;
/** After so many messages one more connection is tried again. */
const GROWS_AFTER = 200;

/**
 * Connections that are shared. The first one proves that the server works before others are opened; one that is
 * refused beside others was one too many.
 */
export class MailPool {
  readonly #open = new Set<MailConnection>();
  readonly #idle: MailConnection[] = [];
  readonly #line: Waiting[] = [];
  readonly #closing = new AbortController();
  #opening = 0;
  #width = 1;
  #hasWorked = false;
  /** Connections that came to nothing since one has worked. */
  #misses = 0;
  #sent = 0;

  constructor(
    private readonly options: ConnectionOptions,
    private readonly concurrency: number,
  ) {}

  async send(job: MailJob, signal: AbortSignal): Promise<void> {
    for (let tries = 1; ; tries++) {
      const connection = await this.#borrow(signal, tries > 1);
      try {
        await connection.send(job.envelope, job.content(), signal);
        this.#delivered();
        return this.#giveBack(connection);
      } catch (error) {
        const isAnswer = aboutMessage(error);
        if (isAnswer) this.works();
        if (isAnswer && connection.isOpen) {
          void connection.reset().then(() => this.#giveBack(connection));
          throw error;
        }
        connection.close();
        const isFresh = connection.sent === 0;
        if (job.wanted || signal.aborted || tries === MOST_TRIES || (isAnswer && isFresh)) throw error;
        if (isFresh) this.#miss(error);
      }
    }
  }

  /** A connection has come as far as a message. */
  works(): void {
    this.#misses = 0;
    if (this.#hasWorked) return;
    this.#hasWorked = true;
    this.#widen(this.concurrency);
  }

  close(): void {
    this.#closing.abort(new Error('the connections are closed'));
    for (const connection of [...this.#idle]) connection.leave();
    for (const connection of this.#open) connection.close();
    this.#giveUpLine(this.#closing.signal.reason);
  }

  /** @param fresh prefers a connection of its own: one that has served may be used up like the last one */
  async #borrow(signal: AbortSignal, fresh: boolean): Promise<MailConnection> {
    for (;;) {
      signal.throwIfAborted();
      this.#closing.signal.throwIfAborted();
      const isFull = this.#open.size + this.#opening >= this.#width;
      const idle = fresh && !isFull ? undefined : this.#idle.pop();
      if (idle) return idle;
      const connection = isFull ? await this.#turn(signal) : await this.#connect(signal);
      if (connection) return connection;
    }
  }

  async #connect(signal: AbortSignal): Promise<MailConnection | undefined> {
    const until = AbortSignal.any([signal, this.#closing.signal]);
    this.#opening += 1;
    try {
      if (this.#misses > 0)
        await sleep(FIRST_PAUSE_MS * 2 ** (this.#misses - 1), undefined, { signal: until });
      const connection = await MailConnection.open(this.options, until);
      this.#opening -= 1;
      this.#open.add(connection);
      connection.onEnd(() => this.#forget(connection));
      return connection;
    } catch (error) {
      this.#opening -= 1;
      if (!until.aborted) this.#miss(error);
      this.#wakeOne();
      until.throwIfAborted();
      return undefined;
    }
  }

  /** @throws the error, to all who wait, when there is no connection left and none to be had */
  #miss(error: unknown): void {
    const others = this.#open.size + this.#opening;
    this.#width = Math.max(1, Math.min(this.#width, others));
    if (others > 0) return;
    this.#misses += 1;
    if (this.#hasWorked && this.#misses < MOST_MISSES) return;
    this.#giveUpLine(error);
    throw error;
  }

  #delivered(): void {
    this.works();
    this.#sent += 1;
    if (this.#sent % GROWS_AFTER === 0) this.#widen(this.#width + 1);
  }

  #giveBack(connection: MailConnection): void {
    if (connection.sent >= MESSAGES_PER_CONNECTION) connection.leave();
    if (connection.isOpen) this.#idle.push(connection);
    this.#wakeOne();
  }

  #forget(connection: MailConnection): void {
    this.#open.delete(connection);
    const place = this.#idle.indexOf(connection);
    if (place !== -1) this.#idle.splice(place, 1);
    // The message that it ended under comes first.
    setImmediate(() => this.#wakeOne());
  }

  #widen(width: number): void {
    this.#width = Math.min(width, this.concurrency);
    for (const waiting of this.#line.splice(0)) waiting.resolve();
  }

  async #turn(signal: AbortSignal): Promise<undefined> {
    let waiting: Waiting | undefined;
    const leave = () => waiting?.reject(signal.reason);
    signal.addEventListener('abort', leave);
    try {
      await new Promise<void>((resolve, reject) => {
        waiting = { resolve, reject };
        this.#line.push(waiting);
      });
    } finally {
      signal.removeEventListener('abort', leave);
      const place = this.#line.indexOf(waiting as Waiting);
      if (place !== -1) this.#line.splice(place, 1);
    }
  }

  #wakeOne(): void {
    this.#line.shift()?.resolve();
  }

  #giveUpLine(error: unknown): void {
    for (const waiting of this.#line.splice(0)) waiting.reject(error);
  }
}

/** A reply to the recipient or the content, not to the connection or the sender. */
function aboutMessage(error: unknown): boolean {
  const { code, command } = error as SmtpFailure;
  if (code === 'EENVELOPE' || code === 'EMESSAGE') return command !== 'MAIL FROM';
  return isHangUpReply(error as SmtpFailure);
}
