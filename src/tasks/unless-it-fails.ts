import { RunStopped } from '../run-stop.js';
import type { RunContext } from './define.js';

/** A part of a task whose failure takes nothing from the rest: it is recorded, and the run goes on. */
export async function unlessItFails<Result>(
  { signal, fail }: Pick<RunContext<unknown>, 'signal' | 'fail'>,
  item: string,
  work: () => Promise<Result>,
): Promise<Result | undefined> {
  try {
    return await work();
  } catch (error) {
    if (signal.aborted || error instanceof RunStopped) throw error;
    fail(item, error);
    return undefined;
  }
}
