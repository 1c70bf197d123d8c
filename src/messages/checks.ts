import { type SQL, sql } from 'drizzle-orm';
import {
  claimMessages,
  dueMessages,
  holdBack,
  type Questions,
  type QueuedMessage,
  SUPPRESSED,
} from '../db/outbox.js';
import type { Channel } from '../db/schema/messages.js';
import { refusalCode, tableProblem } from '../db/table-problem.js';
import { AppError, isDatabaseUnavailable } from '../errors.js';
import type { Cause } from './cause.js';
import { CAUSES, standingOf } from './causes.js';
import { INCIDENT_CAUSE } from './incident-cause.js';
import type { DeliveryContext } from './lane-delivery.js';
import { ALERTS } from './queue.js';

/** Something that is asked about messages before they go out. */
interface Check {
  about: Cause | 'suppression';
  tables: string[];
  question: SQL;
  /** The messages that must not go out without an answer. */
  concerned: SQL;
  /** They go out all the same when it cannot be asked. */
  isOptional: boolean;
}

/** What is asked about the messages of one delivery: whatever depends on a table that is broken waits, alone. */
export class Checks {
  readonly #unanswered = new Set<Check['about']>();

  constructor(
    private readonly context: DeliveryContext,
    private readonly channel: Channel,
    private readonly task: string | undefined,
  ) {}

  /** Claims what can be asked about. */
  async claim(limit: number): Promise<QueuedMessage[]> {
    const { db, runId, now } = this.context;
    const { channel, task } = this;
    for (;;) {
      const claim = { channel, task, runId, now: now(), limit, questions: this.questions() };
      try {
        return await db.write((tx) => claimMessages(tx, claim));
      } catch (error) {
        if (refusalCode(error) === undefined || !(await this.#findUnanswered(limit))) throw error;
      }
    }
  }

  questions(): Questions {
    const checks = this.#checks();
    const waiting = checks.filter(({ about, isOptional }) => this.#unanswered.has(about) && !isOptional);
    const causes = checks.map(({ about }) => about).filter((about) => about !== 'suppression');
    return {
      answerable: waiting.length === 0 ? sql`true` : sql`not (${anyOf(waiting)})`,
      standing: standingOf(
        causes.filter((cause) => !this.#unanswered.has(cause)),
        this.#moment(),
      ),
      // Without it nothing goes out but alerts.
      suppressed: this.#unanswered.has('suppression') ? sql`false` : SUPPRESSED,
    };
  }

  /** Alerts must not depend on tables that may be what is wrong. */
  #checks(): Check[] {
    const { adminEmail = '', adminSms = '' } = this.context.site;
    const asked = this.task === ALERTS ? [INCIDENT_CAUSE] : CAUSES;
    const causes = asked.map((cause) => ({
      about: cause,
      tables: cause.tables,
      question: standingOf([cause], this.#moment()),
      concerned: sql`message.dedupe_key ~ ${cause.keys}`,
      isOptional: cause.unasked === 'stands',
    }));
    const suppression: Check = {
      about: 'suppression',
      tables: ['suppressed_addresses'],
      question: SUPPRESSED,
      concerned: sql`not (message.task = ${ALERTS} and lower(message.recipient) in (lower(${adminEmail}), ${adminSms}))`,
      isOptional: false,
    };
    return [...causes, suppression];
  }

  #moment() {
    const { now, site } = this.context;
    return { now: now(), timeZone: site.timeZone };
  }

  /** @returns true when more is known about what cannot be asked */
  async #findUnanswered(limit: number): Promise<boolean> {
    const known = this.#unanswered.size;
    for (const check of this.#checks()) {
      if (this.#unanswered.has(check.about)) continue;
      const error = await this.#ask(check, limit);
      if (error === undefined) continue;
      this.#unanswered.add(check.about);
      await this.#report(check, error);
    }
    return this.#unanswered.size > known;
  }

  /** Asks one thing about the messages that a claim would take. */
  async #ask({ question, concerned }: Check, limit: number): Promise<unknown> {
    try {
      await this.context.db.rows(sql`
        select count(answer) from (
          select ${question} as answer from cronhook.outbox_messages message
          where ${this.#due()} and ${concerned} order by next_attempt_at, id limit ${limit}
        ) as asked
      `);
      return undefined;
    } catch (error) {
      if (isDatabaseUnavailable(error)) throw error;
      return error;
    }
  }

  async #report({ tables, concerned, isOptional }: Check, error: unknown): Promise<void> {
    const { db, messages, log, fail } = this.context;
    const { problem, count } = await db.write(async (tx) => {
      const found = await tableProblem(tx, { tables, privilege: 'select' }, error);
      const waiting = sql`${this.#due()} and ${concerned}`;
      if (isOptional) return { problem: found, count: 0 };
      return { problem: found, count: await holdBack(tx, waiting, found.text(messages)) };
    });
    const [table = ''] = tables;
    const options = { cause: error };
    // Nobody need be told of a table that no message waits for.
    if (count === 0) log.warn({ err: problem }, 'a table that messages may depend on cannot be asked');
    else fail(table, new AppError('unprocessable', (t) => t.tables.waiting(problem.text(t), count), options));
  }

  #due(): SQL {
    return dueMessages({ channel: this.channel, task: this.task, now: this.context.now() });
  }
}

const anyOf = (checks: Check[]): SQL =>
  sql.join(
    checks.map(({ concerned }) => concerned),
    sql` or `,
  );
