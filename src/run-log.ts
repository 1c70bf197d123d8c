import type { Logger } from './log.js';
import { type Scrub, scrubValue } from './secret.js';

type Fields = Record<string, unknown>;
type Write = (fields: Fields, message: string) => void;
type Level = 'debug' | 'info' | 'warn' | 'error';

export type TaskLog = Record<Level, Write>;

interface LogLine extends Fields {
  at: string;
  level: Level;
  message: string;
}

const KEPT_LINES = 200;

/** Writes to the service's log and keeps the last 200 lines for the run's own page. */
export class RunLog implements TaskLog {
  readonly lines: LogLine[] = [];
  readonly debug = this.#writer('debug');
  readonly info = this.#writer('info');
  readonly warn = this.#writer('warn');
  readonly error = this.#writer('error');

  constructor(
    private readonly logger: Logger,
    private readonly now: () => Date,
    private readonly scrub: Scrub,
  ) {}

  #writer(level: Level): Write {
    return (fields, message) => {
      this.logger[level](fields, message);
      if (level === 'debug') return;
      const { err, ...rest } = fields;
      if (err instanceof Error) rest.error = err.name;
      this.lines.push(scrubValue({ at: this.now().toISOString(), level, message, ...rest }, this.scrub));
      if (this.lines.length > KEPT_LINES) this.lines.shift();
    };
  }
}
