import type { Observation, Trouble } from '../../../incidents/observe.js';
import type { PerformanceContext } from './model.js';
import { EXPORTERS, sourceOf } from './names.js';

/** So many machines that are silent all together tell of the network in between. */
const NETWORK_OF = 3;

/** Which of the other machines do not answer; when none of several does, that is one trouble and not one each. */
export function judgeSilence(
  machines: string[],
  unreadable: ReadonlyMap<string, string>,
  context: PerformanceContext,
): Observation {
  if (machines.length === 0) return { wrong: [], well: [] };
  const network = sourceOf(EXPORTERS, 'unreachable');
  if (machines.length >= NETWORK_OF && machines.every((name) => unreadable.has(name)))
    return { wrong: [noneAnswers(network, machines, context)], well: [] };
  return {
    wrong: [...unreadable].map(([name, reason]) => silent(name, reason, context)),
    well: [network, ...machines.filter((name) => !unreadable.has(name)).map(silenceOf)],
  };
}

const silenceOf = (name: string): string => sourceOf(name, 'unreachable');

const silent = (name: string, reason: string, { messages, runId }: PerformanceContext): Trouble => ({
  source: silenceOf(name),
  severity: 'critical',
  title: messages.performance.unreachable.title(name),
  message: reason,
  link: null,
  // Those that fall silent together are one message; one that follows hours later is news.
  cause: `unreachable:${runId}`,
});

function noneAnswers(source: string, machines: string[], { messages }: PerformanceContext): Trouble {
  const { noneTitle, noneAdvice } = messages.performance.unreachable;
  const message = [machines.slice(0, 10).join(', '), noneAdvice].join('\n');
  return { source, severity: 'critical', title: noneTitle(machines.length), message, link: null };
}
