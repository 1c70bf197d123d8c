import type { ComposedMail } from '../messages/layout.js';
import type { NewNotification } from '../messages/notify.js';
import {
  type IncidentKind,
  incidentMail,
  incidentSms,
  type ToldIncident,
} from '../messages/templates/incident.js';
import type { Incident } from './incident-rows.js';
import type { Announcement, Telling } from './telling.js';
import { gravest, type Way, waysOf } from './ways.js';

/** What one announcement says by each of its ways. */
export interface Letter {
  kind: IncidentKind;
  leader: string;
  ways: Way[];
  sources: string[];
  dedupeKey: string;
  mail: ComposedMail;
  sms: string;
  notice: NewNotification;
}

/** None of what there is nothing to tell of: a cause has recovered when the last of its incidents has. */
export const lettersOf = (
  announcements: Announcement[],
  incidents: Incident[],
  telling: Telling,
): Letter[] => {
  const unique = new Map(announcements.map((one) => [keyOf(one), one]));
  return [...unique.values()].flatMap((announcement) => {
    const concerned = concernedBy(announcement, incidents);
    return concerned.length > 0 ? letterOf(announcement, concerned, telling) : [];
  });
};

const keyOf = ({ kind, leader, round = '' }: Announcement): string => `incident:${leader}:${kind}${round}`;

function concernedBy({ kind, leader }: Announcement, incidents: Incident[]): Incident[] {
  // Whoever comes and goes is told of alone.
  if (kind === 'flapping') return incidents.filter(({ id }) => id === leader);
  const group = incidents.filter((incident) => incident.leader === leader);
  if (kind !== 'recovered') return group.filter(({ resolved }) => !resolved);
  return group.every(({ resolved }) => resolved) ? group : [];
}

function letterOf(announcement: Announcement, concerned: Incident[], telling: Telling): Letter {
  const { kind, leader, ways } = announcement;
  // What has failed twice while the cause lasted is one.
  const latest = [...new Map(concerned.map((incident) => [incident.source, incident])).values()];
  // Whoever heard of it as critical hears as critically of its end.
  const severity = gravest(latest.map((one) => (kind === 'recovered' ? one.gravest : one.severity)));
  const { now } = telling.tools;
  const told = latest.map((incident) => toldIncident(incident, now));
  const mail = incidentMail(kind, { incidents: told, now }, telling);
  const dedupeKey = keyOf(announcement);
  const sources = latest.map(({ source }) => source);
  return {
    ...{ kind, leader, sources, dedupeKey, mail },
    ways: waysOf(kind, severity, latest[0]?.source).filter((way) => ways?.includes(way) ?? true),
    sms: incidentSms(kind, { incidents: told, now }, telling),
    notice: {
      userId: null,
      kind: noticeKind(kind, sources),
      severity: kind === 'recovered' ? 'info' : severity,
      dedupeKey,
      title: mail.subject,
      body: linesOf(kind, told),
      link: told[0]?.link ?? null,
    },
  };
}

function toldIncident(incident: Incident, now: Date): ToldIncident {
  const { source, severity, title, message, link, openedAt, flapping, wellSince, resolved } = incident;
  const since = new Date(flapping ?? openedAt);
  return {
    ...{ source, severity, title, message, link, unstable: flapping !== null },
    // PostgreSQL knows moments that no calendar has.
    since: Number.isNaN(since.getTime()) ? now : since,
    // What comes and goes is over after a quiet hour, and has lasted until that began.
    ...(resolved && wellSince && { until: new Date(wellSince) }),
  };
}

const linesOf = (kind: IncidentKind, told: ToldIncident[]): string[] =>
  told.flatMap(({ title, message }) => (kind === 'recovered' ? [title] : [title, ...message.split('\n')]));

/** What the application may sort notifications by. */
function noticeKind(kind: IncidentKind, sources: string[]): string {
  const [area = ''] = sources[0]?.split(':') ?? [];
  const [wrong, well] = NOTICES[area] ?? ['incident', 'incident_recovered'];
  return kind === 'recovered' ? well : wrong;
}

const NOTICES: Record<string, [wrong: string, well: string]> = {
  task: ['task_failed', 'task_recovered'],
  business: ['business_alert', 'business_recovered'],
};
