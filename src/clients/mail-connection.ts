import type { Readable } from 'node:stream';
import SMTPConnection from 'nodemailer/lib/smtp-connection';

export interface ConnectionOptions extends SMTPConnection.Options {
  auth?: { user?: string | undefined; pass?: string | undefined } | undefined;
  authMethod?: string | undefined;
}

export interface MailEnvelope {
  from: string;
  to: string;
}

type Done = (error?: Error | null) => void;

/** One connection to the server, logged in. */
export class MailConnection {
  /** Messages that went over it. */
  sent = 0;
  readonly #smtp: SMTPConnection;

  private constructor(options: ConnectionOptions) {
    this.#smtp = new SMTPConnection(options);
    // Whoever waits for a step hears of it; with nobody waiting, the connection has just ended.
    this.#smtp.on('error', () => {});
  }

  static async open(options: ConnectionOptions, signal: AbortSignal): Promise<MailConnection> {
    const connection = new MailConnection(options);
    const smtp = connection.#smtp;
    const { auth, authMethod = false } = options;
    using _ = connection.endsWith(signal);
    await connection.#step((done) => smtp.connect(done));
    if (auth?.user && smtp.allowsAuth)
      await connection
        .#step((done) => smtp.login({ ...auth, method: authMethod }, done))
        .catch((error) => {
          smtp.close();
          throw error;
        });
    return connection;
  }

  get isOpen(): boolean {
    return !this.#smtp.destroyed;
  }

  async send(envelope: MailEnvelope, content: Readable, signal: AbortSignal): Promise<void> {
    using _ = this.endsWith(signal);
    // The library keeps its notes in the envelope.
    await this.#step((done) => this.#smtp.send({ ...envelope }, content, done));
    this.sent += 1;
  }

  /** Makes it ready for the next message after one that was refused. */
  async reset(): Promise<void> {
    await this.#step((done) => this.#smtp.reset(done)).catch(() => this.close());
  }

  /** Cuts it off. */
  close(): void {
    this.#smtp.close();
  }

  /** Says goodbye, without waiting for the answer. */
  leave(): void {
    this.#smtp.quit();
    this.#smtp.close();
  }

  onEnd(listener: () => void): void {
    this.#smtp.once('end', listener);
  }

  private endsWith(signal: AbortSignal): Disposable {
    const close = () => this.#smtp.close();
    if (signal.aborted) close();
    signal.addEventListener('abort', close);
    return { [Symbol.dispose]: () => signal.removeEventListener('abort', close) };
  }

  /** The library reports a failure to the callback, as an event, or just ends. */
  #step(begin: (done: Done) => void): Promise<void> {
    const smtp = this.#smtp;
    return new Promise((resolve, reject) => {
      const done: Done = (error) => {
        smtp.off('error', done);
        smtp.off('end', onEnd);
        if (error) reject(error);
        else resolve();
      };
      // What it ended with is reported right after.
      const onEnd = () =>
        setImmediate(done, Object.assign(new Error('Connection closed'), { code: 'ECONNECTION' }));
      smtp.once('error', done);
      smtp.once('end', onEnd);
      begin(done);
    });
  }
}
