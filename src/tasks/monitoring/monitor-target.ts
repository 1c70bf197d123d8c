import { targetProblem } from '../../clients/probe.js';
import { AppError, type Text } from '../../errors.js';

/** @throws {AppError} invalid_parameters for one that cannot be watched */
export function refuseTarget({ kind, target }: { kind: 'http' | 'tcp'; target: string }): void {
  const problem = targetProblem(kind, target);
  if (problem) throw invalid('target', problem);
}

export const invalid = (name: string, reason: Text): AppError =>
  new AppError('invalid_parameters', (t) => t.errors.parameterInvalid(name, reason(t)));

/** A password that was given once is not shown again. */
export function shownTarget(target: string): string {
  if (!URL.canParse(target)) return target;
  const url = new URL(target);
  if (url.password === '') return target;
  url.password = HIDDEN;
  return url.toString();
}

/** Whoever sends back what was shown means what is there, password included: it stays with its host and user. */
export function withPassword(target: string, current: string): string {
  if (target === shownTarget(current)) return current;
  if (!isHidden(target) || !URL.canParse(current)) return target;
  const [wanted, known] = [new URL(target), new URL(current)];
  if (wanted.origin !== known.origin || wanted.username !== known.username) return target;
  wanted.password = known.password;
  return wanted.toString();
}

/**
 * What it stands for nobody can know here.
 * @throws {AppError} invalid_parameters
 */
export function refuseHiddenPassword(target: string): void {
  if (isHidden(target)) throw invalid('target', (t) => t.monitors.hiddenPassword);
}

const isHidden = (target: string): boolean => URL.canParse(target) && new URL(target).password === HIDDEN;

const HIDDEN = '***';
