import type { MailAttachment } from '../../clients/mail.js';
import { isDatabaseUnavailable } from '../../errors.js';
import type { ReportPart } from '../../locales/reports.js';
import type { ComposedMail } from '../../messages/layout.js';
import { RunStopped } from '../../run-stop.js';
import type { Capabilities, RunContext } from '../define.js';

/** What a report is made of; it only reads. */
export type ReportContext = Pick<RunContext<unknown>, 'now' | 'site' | 'messages' | 'signal' | 'fail'> &
  Pick<Capabilities, 'db' | 'taskHealth'> & {
    /** One part that fails is recorded, and the rest goes on. */
    attempt<Result>(part: ReportPart, work: () => Promise<Result>): Promise<Result | undefined>;
    /** What the report cannot vouch for. */
    missed: Set<ReportPart>;
  };

/** A report, ready to be sent, shown or kept. */
export interface Edition extends ComposedMail {
  attachments: MailAttachment[];
}

export function reportContext(
  context: RunContext<unknown> & Pick<Capabilities, 'db' | 'taskHealth'>,
): ReportContext {
  const { signal, fail } = context;
  const missed = new Set<ReportPart>();
  return {
    ...context,
    missed,
    async attempt(part, work) {
      try {
        return await work();
      } catch (error) {
        if (signal.aborted || error instanceof RunStopped || isDatabaseUnavailable(error)) throw error;
        missed.add(part);
        fail(part, error);
        return undefined;
      }
    },
  };
}
