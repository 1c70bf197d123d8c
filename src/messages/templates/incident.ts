import type { Severity } from '../../db/schema/messages.js';
import { formatDuration, formatMoment, TAGS } from '../format.js';
import { oneSms, readableOnPhones } from '../gsm.js';
import { type Block, type ComposedMail, composeMail, type Look, paragraph } from '../layout.js';
import { plainLine } from '../layout-clean.js';

export type IncidentKind = 'opened' | 'escalated' | 'flapping' | 'reminder' | 'recovered';

export interface ToldIncident {
  severity: Severity;
  title: string;
  /** What was seen, and what to do about it. */
  message: string;
  link: string | null;
  since: Date;
  /** When it was over, where that was not now. */
  until?: Date;
  /** It has come and gone. */
  unstable?: boolean;
  /** What names it where its title cannot be read: `monitor:<id>`. */
  source?: string;
}

interface Told {
  /** Of one cause, the first to begin first. */
  incidents: ToldIncident[];
  now: Date;
}

const MOST_INCIDENTS = 20;
const LONGEST_TITLE = 120;

/** Tells the administrator of what is wrong, or well again, for one cause. */
export function incidentMail(kind: IncidentKind, told: Told, look: Look): ComposedMail {
  const { alerts } = look.messages;
  const { incidents } = told;
  const [first, ...others] = incidents;
  const subject = subjectOf(kind, told, look)(whatOf(incidents, look));
  const shared = others.length > 0 && others.every(({ message }) => message === first?.message);
  const hidden = incidents.length - MOST_INCIDENTS;
  const some = incidents.slice(0, MOST_INCIDENTS);
  const blocks = [
    paragraph(alerts.before[kind](incidents.length)),
    ...(kind === 'reminder' && incidents.some(({ unstable }) => unstable)
      ? [paragraph(alerts.unstable)]
      : []),
    ...(first && others.length === 0 ? alone(kind, first, told, look) : []),
    ...(shared && first ? linesOf(first.message).map(paragraph) : []),
    ...(others.length > 0 ? some.map((one) => item(kind, one, shared, told, look)) : []),
    ...(hidden > 0 ? [paragraph(alerts.more(hidden))] : []),
  ];
  return composeMail({ subject, heading: subject, blocks }, look);
}

/** One SMS, whatever there is to tell. */
export const incidentSms = (kind: IncidentKind, told: Told, look: Look): string => {
  const subject = subjectOf(kind, told, look);
  const incidents = told.incidents.map((one) => ({ ...one, title: titleForPhones(one, look) }));
  return oneSms((what) => look.messages.alerts.sms(subject(what)), whatOf(incidents, look));
};

/** Of letters that no SMS has, the host or the kind of the source stand in for. */
function titleForPhones({ title, link, source = '' }: ToldIncident, { messages }: Look): string {
  const { kinds } = messages.alerts;
  const [area = ''] = source.split(':');
  const kind = area in kinds ? kinds[area as keyof typeof kinds] : kinds.other;
  const host = link && URL.canParse(link) ? new URL(link).host : '';
  return readableOnPhones(title, { part: host || kind, whole: `${kind} ${host}`.trim() });
}

const whatOf = ([first, ...others]: ToldIncident[], { messages }: Look): string =>
  messages.alerts.what(plainLine(first?.title ?? '', LONGEST_TITLE), others.length);

/** What, and since when; of what is over, how long it was. */
function subjectOf(kind: IncidentKind, { incidents, now }: Told, look: Look): (what: string) => string {
  const { alerts } = look.messages;
  const since = beginning(incidents);
  const when =
    kind === 'recovered'
      ? alerts.lasted(formatDuration(ending(incidents, now) - since.getTime(), look.site.locale))
      : alerts.since(...shortMoment(since, look));
  return (what) => alerts.subject[kind](what, when);
}

function alone(kind: IncidentKind, incident: ToldIncident, told: Told, look: Look): Block[] {
  const { alerts } = look.messages;
  const { labels, severities } = alerts;
  const { link } = incident;
  const facts = [
    { label: labels.since, value: formatMoment(incident.since, look.site) },
    { label: labels.duration, value: kind === 'opened' ? '' : durationOf(incident, told, look) },
    { label: labels.severity, value: severities[incident.severity] },
  ];
  return [
    ...linesOf(incident.message).map(paragraph),
    { kind: 'facts', facts },
    ...(link ? [{ kind: 'button' as const, link: { label: labelOf(link, look), url: link } }] : []),
    ...commandFor(link).map((command) => ({ kind: 'note' as const, text: alerts.inTerminal(command) })),
  ];
}

function item(kind: IncidentKind, incident: ToldIncident, shared: boolean, told: Told, look: Look): Block {
  const { alerts } = look.messages;
  const { title, message, link, since } = incident;
  const lines = [
    alerts.period[kind](formatMoment(since, look.site), durationOf(incident, told, look)),
    ...(shared ? [] : linesOf(message)),
    ...commandFor(link).map(alerts.inTerminal),
  ];
  return { kind: 'item', title, lines, link: link ? { label: labelOf(link, look), url: link } : undefined };
}

const linesOf = (message: string): string[] => message.split('\n').filter((line) => line.trim() !== '');

const beginning = (incidents: ToldIncident[]): Date =>
  new Date(Math.min(...incidents.map(({ since }) => since.getTime())));

/** When the last of them was over. */
const ending = (incidents: ToldIncident[], now: Date): number =>
  Math.max(...incidents.map(({ until = now }) => until.getTime()));

const durationOf = ({ since, until }: ToldIncident, { now }: Told, { site }: Look): string =>
  formatDuration((until ?? now).getTime() - since.getTime(), site.locale);

/** « 21 nov. », « 14:05 », as the clocks of the site show them. */
function shortMoment(moment: Date, { site: { locale, timeZone } }: Look): [day: string, time: string] {
  const part = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(TAGS[locale], { timeZone, ...options }).format(moment);
  return [
    part({ day: 'numeric', month: 'short' }),
    part({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }),
  ];
}

const RUN = /\/runs(?:\/([0-9a-f-]{36}))?$/;

const labelOf = (link: string, { messages }: Look): string =>
  RUN.test(link) ? messages.alerts.openRun : messages.alerts.open;

/** What shows in a terminal, which needs no secret, the run that the link leads to. */
function commandFor(link: string | null): string[] {
  const found = RUN.exec(link ?? '');
  return found ? [`npx cronhook runs${found[1] ? ` ${found[1]}` : ''}`] : [];
}
