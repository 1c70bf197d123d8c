import { v7 as uuidv7 } from 'uuid';
import type { Severity } from '../db/schema/messages.js';
import { HOUR_MS, isFlapping, type Recent } from './flapping.js';
import type { Incident, IncidentChange } from './incident-rows.js';
import type { Observation, ObservationTally, Trouble } from './observe.js';
import type { Announcement } from './telling.js';
import { gravest, isGraver } from './ways.js';

interface Known {
  /** Of the sources looked at, and of the causes named. */
  open: Incident[];
  recent: Map<string, Recent>;
}

interface Decision extends ObservationTally {
  changes: IncidentChange[];
  news: Announcement[];
}

/** Incidents of one cause that are told together. */
interface Group {
  leader: string;
  severity: Severity;
  isNew: boolean;
}

/** What a look changes, and what is to be told of it. */
export function decide({ wrong, well }: Observation, { open, recent }: Known, now: Date): Decision {
  const known = new Map(open.map((incident) => [incident.source, incident]));
  const groups = groupsByCause(open);
  const decision: Decision = { changes: [], news: [], opened: 0, recovered: 0 };
  const { changes, news } = decision;
  const moment = now.toISOString();

  const begin = (trouble: Trouble) => {
    const { source, severity, title, message, link, cause } = trouble;
    const id = uuidv7();
    const comesAndGoes = isFlapping(recent.get(source));
    const group = cause === undefined ? undefined : groups.get(cause);
    const since = trouble.since && trouble.since < now ? trouble.since.toISOString() : moment;
    const details = {
      ...{ message, link, notedAt: moment, cause: cause ?? null, gravest: severity },
      leader: group?.leader ?? id,
      // Reminders count from when people knew.
      ...(since < moment && { toldAt: moment }),
      ...(comesAndGoes && { flapping: recent.get(source)?.since ?? since, toldAt: moment }),
    };
    changes.push({
      id,
      source,
      severity,
      title,
      details,
      openedAt: since,
      lastSeenAt: moment,
      resolved: false,
    });
    decision.opened += 1;
    if (comesAndGoes) news.push({ kind: 'flapping', leader: id });
    else if (group) escalate(group, severity);
    else {
      if (cause !== undefined) groups.set(cause, { leader: id, severity, isNew: true });
      news.push({ kind: 'opened', leader: id });
    }
  };

  const escalate = (group: Group, severity: Severity) => {
    if (!isGraver(severity, group.severity)) return;
    group.severity = severity;
    if (!group.isNew) news.push({ kind: 'escalated', leader: group.leader, round: `:${severity}` });
  };

  const keep = (incident: Incident, { severity, title, message, link }: Trouble) => {
    const graver = gravest([severity, incident.gravest]);
    // What comes and goes is reminded of from its last turn on.
    const turned = incident.wellSince ? { wellSince: null, wrongSince: moment } : {};
    changes.push({
      ...changeOf(incident, { message, link, gravest: graver, ...turned }),
      ...{ title, lastSeenAt: moment, severity },
    });
    const companions = groups.get(incident.cause ?? '');
    const own = { leader: incident.leader, severity: incident.gravest, isNew: false };
    escalate(companions?.leader === incident.leader ? companions : own, severity);
  };

  const end = (incident: Incident) => {
    const { id, source, leader, openedAt, flapping, wellSince } = incident;
    if (flapping) {
      if (!wellSince) changes.push(changeOf(incident, { wellSince: moment }));
      else if (now.getTime() - Date.parse(wellSince) >= HOUR_MS) resolve(incident);
    } else if (isFlapping(recent.get(source))) {
      const since = recent.get(source)?.since ?? openedAt;
      changes.push(changeOf(incident, { flapping: since, wellSince: moment, toldAt: moment }));
      news.push({ kind: 'flapping', leader: id });
    } else resolve(incident);

    function resolve(over: Incident) {
      changes.push({ ...changeOf(over, {}), resolved: true });
      news.push({ kind: 'recovered', leader });
      decision.recovered += 1;
    }
  };

  const troubles = bySource(wrong);
  for (const [source, trouble] of troubles) {
    const incident = known.get(source);
    if (incident) keep(incident, trouble);
    else begin(trouble);
  }
  for (const source of new Set(well)) {
    const incident = known.get(source);
    if (incident && !troubles.has(source)) end(incident);
  }
  return decision;
}

/** Nobody joins what comes and goes: they would never be told of. */
function groupsByCause(open: Incident[]): Map<string, Group> {
  const groups = new Map<string, Group>();
  for (const { cause, leader, flapping, gravest: told } of open) {
    if (cause === null || flapping) continue;
    const group = groups.get(cause) ?? { leader, severity: told, isNew: false };
    groups.set(cause, { ...group, severity: gravest([group.severity, told]) });
  }
  return groups;
}

/** Of several troubles of one source the gravest. */
function bySource(wrong: Trouble[]): Map<string, Trouble> {
  const troubles = new Map<string, Trouble>();
  for (const trouble of wrong) {
    const other = troubles.get(trouble.source);
    if (!other || isGraver(trouble.severity, other.severity)) troubles.set(trouble.source, trouble);
  }
  return troubles;
}

const changeOf = (incident: Incident, details: Record<string, unknown>): IncidentChange => {
  const { id, source, severity, title, openedAt, lastSeenAt, resolved } = incident;
  return { id, source, severity, title, openedAt, lastSeenAt, resolved, details };
};
