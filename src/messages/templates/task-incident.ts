import { formatDuration, formatMoment } from '../format.js';
import { type Block, type ComposedMail, composeMail, type Look, paragraph } from '../layout.js';

export type TaskIncidentKind = 'opened' | 'reminder' | 'recovered';

export interface FailingTask {
  name: string;
  since: Date;
  /** What failed and what to do about it. */
  message: string;
  runUrl: string;
}

const MOST_TASKS = 20;

/** Tells the administrator of tasks that fail, or work again, for one cause. */
export function taskIncidentMail(
  kind: TaskIncidentKind,
  { tasks, now }: { tasks: FailingTask[]; now: Date },
  look: Look,
): ComposedMail {
  const { incident } = look.messages.mails;
  const [first, ...others] = tasks;
  const alone = others.length === 0 ? first : undefined;
  const shared = others.length > 0 && others.every(({ message }) => message === first?.message);
  const hidden = tasks.length - MOST_TASKS;
  const subject = incident[kind].subject(tasks.length, alone?.name ?? '');

  const toRun = (url: string) => ({ label: incident.openRun, url });

  const item = ({ name, since, message, runUrl }: FailingTask): Block => {
    const duration = formatDuration(now.getTime() - since.getTime(), look.site.locale);
    const lines = [incident[kind].since(formatMoment(since, look.site), duration)];
    if (!shared && message !== '') lines.push(incident.error(message));
    lines.push(incident.inTerminal(commandFor(runUrl)));
    return { kind: 'item', title: name, lines, link: alone ? undefined : toRun(runUrl) };
  };

  return composeMail(
    {
      subject,
      heading: subject,
      blocks: [
        paragraph(incident[kind].before(tasks.length)),
        ...(shared && first?.message ? [paragraph(incident.sharedError(first.message))] : []),
        ...tasks.slice(0, MOST_TASKS).map(item),
        ...(alone ? [{ kind: 'button' as const, link: toRun(alone.runUrl) }] : []),
        ...(hidden > 0 ? [paragraph(incident.more(hidden))] : []),
      ],
    },
    look,
  );
}

/** What shows in a terminal, which needs no secret, the run that the link leads to. */
function commandFor(runUrl: string): string {
  const [, runId] = /\/runs\/([0-9a-f-]{36})$/.exec(runUrl) ?? [];
  return runId ? `npx cronhook runs ${runId}` : 'npx cronhook runs';
}
