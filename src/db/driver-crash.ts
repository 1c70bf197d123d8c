import { databaseUnavailable } from '../errors.js';

type Reject = (error: Error) => void;

const inFlight = new Set<Reject>();

/**
 * Does work on a connection of its own, and gives it up when the driver has crashed: the statement that crashed it
 * never gets an answer.
 */
export function unlessDriverCrashes<Result>(work: Promise<Result>): Promise<Result> {
  return new Promise<Result>((resolve, reject) => {
    inFlight.add(reject);
    work.then(resolve, reject).finally(() => inFlight.delete(reject));
  });
}

/**
 * postgres.js (3.4.9) writes a transaction's next statement to a socket that has closed a moment before, from a timer
 * of its own: nobody can catch that but the process. The database is going away: every transaction ends here.
 * @returns false for any other error
 */
export function survivesDriverCrash(error: unknown): boolean {
  const stack = error instanceof TypeError ? (error.stack ?? '') : '';
  if (!/\bnextWrite\b/.test(stack) || !/postgres[\\/](?:cjs[\\/])?src[\\/]connection\.js/.test(stack))
    return false;
  for (const reject of inFlight) reject(databaseUnavailable(error));
  return true;
}
