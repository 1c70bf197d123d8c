import { SEVERITIES, type Severity } from '../db/schema/messages.js';
import type { IncidentKind } from '../messages/templates/incident.js';

/** How the administrators are told: a mail about a mail server that is down waits with the others. */
export const WAYS = ['notice', 'mail', 'sms'] as const;
export type Way = (typeof WAYS)[number];

/** By way, what could not be told when it should have been. */
export type Owed = Partial<Record<Way, Exclude<IncidentKind, 'reminder'>>>;

/** Who is reached beside the application. */
const CHANNELS: Record<Severity, Way[]> = { info: [], important: ['mail'], critical: ['mail', 'sms'] };

/** The channels of the alerts, as sources. */
export const CHANNEL_SOURCES = { email: 'channel:email', sms: 'channel:sms' } as const;

/** The application shows what changes; of what lasts it reminds only where nothing else does. */
export function waysOf(kind: IncidentKind, severity: Severity, source?: string): Way[] {
  // That mails do not leave would come by mail once they do: that is when they tell how long it was.
  if (source === CHANNEL_SOURCES.email)
    return kind === 'recovered' ? ['notice', 'mail', 'sms'] : ['notice', 'sms'];
  const channels = CHANNELS[severity];
  return kind === 'reminder' && channels.length > 0 ? channels : ['notice', ...channels];
}

export const isGraver = (one: Severity, other: Severity): boolean =>
  SEVERITIES.indexOf(one) > SEVERITIES.indexOf(other);

export const gravest = (severities: Severity[]): Severity =>
  severities.reduce((worst, one) => (isGraver(one, worst) ? one : worst), 'info');
