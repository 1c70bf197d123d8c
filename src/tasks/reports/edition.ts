import type { MailAttachment } from '../../clients/mail.js';
import { isDatabaseUnavailable } from '../../errors.js';
import type { ComposedMail } from '../../messages/layout.js';
import { RunStopped } from '../../run-stop.js';
import type { Capabilities, RunContext } from '../define.js';

/** What a report is made of; it only reads. */
export type ReportContext = Pick<RunContext<unknown>, 'now' | 'site' | 'messages' | 'signal' | 'fail'> &
  Pick<Capabilities, 'db'> & {
    /** One part that fails is recorded, and the rest goes on. */
    attempt<Result>(item: string, work: () => Promise<Result>): Promise<Result | undefined>;
  };

/** A report, ready to be sent, shown or kept. */
export interface Edition extends ComposedMail {
  attachments: MailAttachment[];
}

export function reportContext(context: RunContext<unknown> & Pick<Capabilities, 'db'>): ReportContext {
  const { signal, fail } = context;
  return {
    ...context,
    async attempt(item, work) {
      try {
        return await work();
      } catch (error) {
        if (signal.aborted || error instanceof RunStopped || isDatabaseUnavailable(error)) throw error;
        fail(item, error);
        return undefined;
      }
    },
  };
}
