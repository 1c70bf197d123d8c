import type { Check } from './checks.js';

/** What the checks of one pass tell of this service's own network. */
export interface Network {
  /** `unknown`: there are too few that would show it. */
  state: 'up' | 'down' | 'unknown';
  /** Those of whom nobody knows how they fare while it is down. */
  unreached: Set<string>;
}

/** So many of whom none answers are not to blame: the way to them is. */
const FEWEST_WITNESSES = 3;

/** Whoever stands on the same machine or beside it answers without a network too: those far away are its witnesses. */
export function judgeNetwork(checks: Check[]): Network {
  const beyond = checks.filter(({ result }) => result.place !== 'loopback');
  const far = beyond.filter(({ result }) => result.place === 'public');
  const witnesses = far.length >= FEWEST_WITNESSES ? far : beyond;
  if (witnesses.some(({ result }) => result.answered)) return { state: 'up', unreached: new Set() };
  if (witnesses.length < FEWEST_WITNESSES) return { state: 'unknown', unreached: new Set() };
  const silent = beyond.filter(({ result }) => !result.answered);
  return { state: 'down', unreached: new Set(silent.map(({ monitor }) => monitor.id)) };
}
