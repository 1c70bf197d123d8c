import type { ProbeResult } from '../../../clients/probe.js';
import type { Observation, Trouble } from '../../../incidents/observe.js';
import { gravest } from '../../../incidents/ways.js';
import type { Messages } from '../../../locales/index.js';
import { formatMoment } from '../../../messages/format.js';
import type { Site } from '../../../site.js';
import type { Check } from './checks.js';
import type { OpenIncidents } from './late-tasks.js';
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
/** So many that go down together are told as one. */
const FEWEST_TOGETHER = 5;
const NAMED_TARGETS = 3;

/** What the passes mean for the incidents of the monitors: nothing for those that this service could not reach. */
export function judge(
  seen: Seen,
  { open, runId, reader }: { open: OpenIncidents; runId: string; reader: Reader },
): Findings {
  const findings: Findings = { wrong: [], well: [...seen.well].map(sourceOf), retired: [] };
  judgeOwnNetwork(seen, findings, reader);
  const fallen = [...seen.down].filter((id) => !open.has(sourceOf(id)));
  const cause = fallen.length >= FEWEST_TOGETHER ? `down:${runId}` : undefined;
  for (const monitor of seen.monitors) {
    const checks = seen.checks.get(monitor.id) ?? [];
    const last = checks.at(-1);
    if (!last) continue;
    const down = seen.down.has(monitor.id);
    if (down) findings.wrong.push({ ...isDown(monitor, checks, reader), ...(cause && { cause }) });
    judgeCertificate({ monitor, result: last.result, down }, findings, reader);
  }
  return findings;
}

function judgeOwnNetwork({ network, monitors, since }: Seen, findings: Findings, { messages }: Reader): void {
  // Too few are left that would show it.
  if (network.state === 'unknown') findings.retired.push(NETWORK);
  else if (network.state === 'up') findings.well.push(NETWORK);
  else {
    const unreached = monitors.filter(({ id }) => network.unreached.has(id));
    const targets = unreached.slice(0, NAMED_TARGETS).map(publicTarget);
    const { title, message } = messages.monitors.network;
    findings.wrong.push({
      source: NETWORK,
      severity: gravest(unreached.map(({ severity }) => severity)),
      title,
      message: message(unreached.length, targets),
      link: null,
      since,
    });
  }
}

function isDown(monitor: Monitor, checks: Check[], { messages }: Reader): Trouble {
  const { title, message } = messages.monitors.down;
  const reason = checks.at(-1)?.result.error?.(messages) ?? '';
  return {
    source: sourceOf(monitor.id),
    severity: monitor.severity,
    title: title(shortened(monitor.name)),
    message: message(reason, publicTarget(monitor)),
    link: linkTo(monitor),
    since: (checks[0] as Check).at,
  };
}

interface CertificateCheck {
  monitor: Monitor;
  result: ProbeResult;
  down: boolean;
}

/** What was checked without a certificate has none to renew; what could not be reached may still have one. */
function judgeCertificate(
  { monitor, result, down }: CertificateCheck,
  findings: Findings,
  reader: Reader,
): void {
  const { messages, site, now } = reader;
  const source = certificateSourceOf(monitor.id);
  const { certificateExpiresAt: expiry, ok } = result;
  if (!expiry) {
    if (ok) findings.retired.push(source);
    return;
  }
  const left = expiry.getTime() - now.getTime();
  if (left > CERTIFICATE_DAYS * DAY_MS) findings.well.push(source);
  // Once it has expired the monitor is down for it: one incident is enough.
  else if (left <= 0) {
    if (down) findings.retired.push(source);
  } else {
    const { title, soon } = messages.monitors.certificate;
    findings.wrong.push({
      source,
      severity: 'important',
      title: title(shortened(monitor.name)),
      message: soon(
        bearerOf(monitor, result, messages),
        formatMoment(expiry, site),
        Math.floor(left / DAY_MS),
      ),
      link: linkTo(monitor),
    });
  }
}

const bearerOf = (
  monitor: Monitor,
  { certificateHost: host }: ProbeResult,
  { monitors }: Messages,
): string =>
  host === null ? publicTarget(monitor) : monitors.certificate.behind(host, publicTarget(monitor));

const shortened = (name: string): string =>
  name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME - 1).toWellFormed()}…` : name;

const linkTo = (monitor: Monitor): string | null => (monitor.kind === 'http' ? publicTarget(monitor) : null);
