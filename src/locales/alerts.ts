import type { Channel, Severity } from '../db/schema/messages.js';
import type { IncidentKind } from '../messages/templates/incident.js';

/** What alerts of incidents say, by mail, SMS and in the application. */
export interface AlertTexts {
  /** The title of the only incident, or of the first with the number of others. */
  what(title: string, others: number): string;
  since(day: string, time: string): string;
  lasted(duration: string): string;
  subject: Record<IncidentKind, (what: string, when: string) => string>;
  before: Record<IncidentKind, (count: number) => string>;
  /** Of one of several. */
  period: Record<IncidentKind, (moment: string, duration: string) => string>;
  /** Of a reminder of what has come and gone. */
  unstable: string;
  labels: Record<'since' | 'duration' | 'severity', string>;
  severities: Record<Severity, string>;
  open: string;
  openRun: string;
  /** The link needs the secret; a command on the server does not. */
  inTerminal(command: string): string;
  more(count: number): string;
  sms(subject: string): string;
  /** What is watched, by the first word of the incident's source; a name for what an SMS cannot spell. */
  kinds: Record<'monitor' | 'monitoring' | 'performance' | 'task' | 'business' | 'channel' | 'other', string>;
  /** Alerts that do not leave by one of their channels; the reason says what to do. */
  channel: Record<Channel, { title: string; message(reason: string): string }>;
  test: { subject: string; text: string };
  /** Why a message of `cronhook alerts test` did not go out. */
  notSent: Record<'suppressed' | 'held' | 'waiting', string>;
}

const s = (count: number): string => (count > 1 ? 's' : '');

const NO_MORE_FR =
  'Tant que cela dure, ces allers et retours ne sont plus annoncés un par un : l’incident reste ouvert, et prend fin après une heure entière sans problème. Cherchez la cause plutôt que d’attendre : une limite trop juste, une machine qui redémarre sans cesse.';

export const alertsFr: AlertTexts = {
  what: (title, others) =>
    others > 0 ? `${title}, et ${others} autre${s(others)} incident${s(others)}` : title,
  since: (day, time) => `depuis le ${day} à ${time}`,
  lasted: (duration) => `après ${duration}`,
  subject: {
    opened: (what, since) => `${what} (${since})`,
    escalated: (what, since) => `Plus grave : ${what} (${since})`,
    flapping: (what, since) => `Instable : ${what} (${since})`,
    reminder: (what, since) => `Toujours en cours : ${what} (${since})`,
    recovered: (what, lasted) => `Résolu : ${what} (${lasted})`,
  },
  before: {
    opened: (count) =>
      count > 1 ? `${count} incidents ont commencé, d’une même cause.` : 'Un incident a commencé.',
    escalated: (count) =>
      count > 1
        ? 'Ces incidents d’une même cause sont devenus plus graves.'
        : 'Un incident en cours est devenu plus grave.',
    flapping: () => `Plus de quatre changements en une heure. ${NO_MORE_FR}`,
    reminder: (count) =>
      count > 1 ? `${count} incidents d’une même cause durent encore.` : 'Cet incident dure encore.',
    recovered: (count) =>
      count > 1
        ? `${count} incidents d’une même cause sont terminés : tout fonctionne de nouveau. Il n’y a rien à faire.`
        : 'Cet incident est terminé : cela fonctionne de nouveau. Il n’y a rien à faire. Pour mémoire :',
  },
  period: {
    opened: (moment) => `Depuis le ${moment}`,
    escalated: (moment, duration) => `Depuis ${duration} (${moment})`,
    flapping: (moment, duration) => `Depuis ${duration} (${moment})`,
    reminder: (moment, duration) => `Depuis ${duration} (${moment})`,
    recovered: (moment, duration) => `A duré ${duration}, depuis le ${moment}`,
  },
  unstable: 'Il a été instable : il prendra fin après une heure entière sans problème.',
  labels: { since: 'Depuis', duration: 'Durée', severity: 'Gravité' },
  severities: { info: 'information', important: 'importante', critical: 'critique' },
  open: 'Voir',
  openRun: 'Ouvrir l’exécution',
  inTerminal: (command) => `Terminal : ${command}`,
  more: (count) => `… et ${count} autre${s(count)} incident${s(count)}.`,
  sms: (subject) => `Cronhook : ${subject}`,
  kinds: {
    ...{ monitor: 'Surveillance', monitoring: 'Surveillances', performance: 'Performances' },
    ...{ task: 'Tâche', business: 'Activité', channel: 'Alertes', other: 'Incident' },
  },
  channel: {
    email: {
      title: 'Les e-mails ne partent pas',
      message: (reason) =>
        `${reason}\nDes alertes attendent, et partiront dès que les e-mails partent de nouveau ; celles qui n’ont plus lieu d’être sont annulées.\nPour essayer chaque voie : npx cronhook alerts test`,
    },
    sms: {
      title: 'Les SMS ne partent pas',
      message: (reason) =>
        `${reason}\nDes alertes attendent, et partiront dès que les SMS partent de nouveau ; celles qui n’ont plus lieu d’être sont annulées.\nPour essayer chaque voie : npx cronhook alerts test`,
    },
  },
  test: {
    subject: 'Essai des alertes',
    text: 'Ceci est un essai : les alertes de Cronhook arrivent par cette voie. Il n’y a rien à faire.',
  },
  notSent: {
    suppressed: 'le destinataire figure dans suppressed_addresses : supprimez cette ligne',
    held: 'les messages sont retenus depuis une restauration : « npx cronhook outbox release » les laisse partir',
    waiting:
      'le message n’est pas parti à temps : essayez de nouveau, et regardez les exécutions de la tâche outbox',
  },
};

const NO_MORE_EN =
  'While this lasts its comings and goings are no longer told one by one: the incident stays open, and ends after a whole hour without trouble. Look for the cause rather than wait: a limit that is too tight, a machine that restarts all the time.';

export const alertsEn: AlertTexts = {
  what: (title, others) => (others > 0 ? `${title}, and ${others} other incident${s(others)}` : title),
  since: (day, time) => `since ${day}, ${time}`,
  lasted: (duration) => `after ${duration}`,
  subject: {
    opened: (what, since) => `${what} (${since})`,
    escalated: (what, since) => `More serious: ${what} (${since})`,
    flapping: (what, since) => `Unstable: ${what} (${since})`,
    reminder: (what, since) => `Still going on: ${what} (${since})`,
    recovered: (what, lasted) => `Resolved: ${what} (${lasted})`,
  },
  before: {
    opened: (count) =>
      count > 1 ? `${count} incidents have begun, of one cause.` : 'An incident has begun.',
    escalated: (count) =>
      count > 1
        ? 'These incidents of one cause have become more serious.'
        : 'An incident that goes on has become more serious.',
    flapping: () => `More than four changes within an hour. ${NO_MORE_EN}`,
    reminder: (count) =>
      count > 1 ? `${count} incidents of one cause still go on.` : 'This incident still goes on.',
    recovered: (count) =>
      count > 1
        ? `${count} incidents of one cause are over: everything works again. There is nothing to do.`
        : 'This incident is over: it works again. There is nothing to do. For the record:',
  },
  period: {
    opened: (moment) => `Since ${moment}`,
    escalated: (moment, duration) => `For ${duration} (since ${moment})`,
    flapping: (moment, duration) => `For ${duration} (since ${moment})`,
    reminder: (moment, duration) => `For ${duration} (since ${moment})`,
    recovered: (moment, duration) => `Lasted ${duration}, since ${moment}`,
  },
  unstable: 'It has come and gone: it will end after a whole hour without trouble.',
  labels: { since: 'Since', duration: 'Duration', severity: 'Severity' },
  severities: { info: 'information', important: 'important', critical: 'critical' },
  open: 'View',
  openRun: 'Open the run',
  inTerminal: (command) => `Terminal: ${command}`,
  more: (count) => `… and ${count} more incident${s(count)}.`,
  sms: (subject) => `Cronhook: ${subject}`,
  kinds: {
    ...{ monitor: 'Monitor', monitoring: 'Monitors', performance: 'Performance' },
    ...{ task: 'Task', business: 'Business', channel: 'Alerts', other: 'Incident' },
  },
  channel: {
    email: {
      title: 'Mails do not leave',
      message: (reason) =>
        `${reason}\nAlerts wait, and leave as soon as mails do again; those that are out of date by then are cancelled.\nTo try every channel: npx cronhook alerts test`,
    },
    sms: {
      title: 'SMS do not leave',
      message: (reason) =>
        `${reason}\nAlerts wait, and leave as soon as SMS do again; those that are out of date by then are cancelled.\nTo try every channel: npx cronhook alerts test`,
    },
  },
  test: {
    subject: 'Test of the alerts',
    text: 'This is a test: alerts of Cronhook arrive this way. There is nothing to do.',
  },
  notSent: {
    suppressed: 'the recipient is in suppressed_addresses: delete that row',
    held: 'messages are held since a restore: "npx cronhook outbox release" lets them go',
    waiting: 'the message did not leave in time: try again, and look at the runs of the task outbox',
  },
};
