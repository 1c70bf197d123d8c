import type { Observation, Trouble } from '../../../incidents/observe.js';
import { gravest } from '../../../incidents/ways.js';
import type { Messages } from '../../../locales/index.js';
import { formatMoment } from '../../../messages/format.js';
import type { Site } from '../../../site.js';
import type { Check } from './checks.js';
import { certificateSourceOf, type Monitor, NETWORK, publicTarget, sourceOf } from './monitors.js';
import type { Seen } from './passes.js';

export interface Reader {
  messages: Messages;
  site: Site;
  now: Date;
}

/** What is to become of incidents. */
export interface Findings extends Observation {
  /** Of what is watched no longer. */
  retired: string[];
}

const CERTIFICATE_DAYS = 14;
const DAY_MS = 24 * 60 * 60_000;
/** A title fits an SMS. */
const LONGEST_NAME = 80;

/** What the passes mean for the incidents of the monitors; when nothing could be reached, for none of them. */
export function judge(monitors: Monitor[], seen: Seen, reader: Reader): Findings {
  if (seen.blind) return { wrong: [noNetwork(monitors, reader)], well: [], retired: [] };
  const findings: Findings = { wrong: [], well: [...seen.well].map(sourceOf), retired: [] };
  for (const monitor of monitors) {
    const checks = seen.checks.get(monitor.id) ?? [];
    const last = checks.at(-1);
    if (!last) continue;
    if (seen.down.has(monitor.id)) findings.wrong.push(isDown(checks, reader));
    judgeCertificate(last, findings, reader);
  }
  // Whoever reaches one of them has a network; one that has nothing to reach needs none.
  const reached = [...seen.checks.values()].flat().some(({ result }) => result.reached);
  if (reached) findings.well.push(NETWORK);
  return findings;
}

function noNetwork(monitors: Monitor[], { messages }: Reader): Trouble {
  const { title, message } = messages.monitors.network;
  const severity = gravest(monitors.map((monitor) => monitor.severity));
  return { source: NETWORK, severity, title, message: message(monitors.length), link: null };
}

function isDown(checks: Check[], { messages }: Reader): Trouble {
  const { monitor, at } = checks[0] as Check;
  const { title, message } = messages.monitors.down;
  const reason = checks.at(-1)?.result.error?.(messages) ?? '';
  return {
    source: sourceOf(monitor.id),
    severity: monitor.severity,
    title: title(shortened(monitor.name)),
    message: message(reason, publicTarget(monitor)),
    link: linkTo(monitor),
    since: at,
  };
}

/** What was checked without a certificate has none to renew; what could not be reached may still have one. */
function judgeCertificate({ monitor, result }: Check, findings: Findings, reader: Reader): void {
  const { messages, site, now } = reader;
  const source = certificateSourceOf(monitor.id);
  const { certificateExpiresAt: expiry, ok } = result;
  if (!expiry) {
    if (ok) findings.retired.push(source);
    return;
  }
  const left = expiry.getTime() - now.getTime();
  if (left > CERTIFICATE_DAYS * DAY_MS) {
    findings.well.push(source);
    return;
  }
  const { title, soon, expired } = messages.monitors.certificate;
  const moment = formatMoment(expiry, site);
  const target = publicTarget(monitor);
  findings.wrong.push({
    source,
    severity: 'important',
    title: title(shortened(monitor.name)),
    message: left > 0 ? soon(target, moment, Math.floor(left / DAY_MS)) : expired(target, moment),
    link: linkTo(monitor),
  });
}

const shortened = (name: string): string =>
  name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME - 1).toWellFormed()}…` : name;

const linkTo = (monitor: Monitor): string | null => (monitor.kind === 'http' ? publicTarget(monitor) : null);
