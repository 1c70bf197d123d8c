import { z } from 'zod';
import {
  type AnyTask,
  defineTask,
  type RunContext,
  type Stats,
  type TaskDatabase,
} from '../../src/tasks/define.js';

type Context = RunContext<Record<string, never>> & { db: TaskDatabase };

/** A task whose work the test writes. */
export function testTask(options: {
  name?: string;
  timeoutMs?: number;
  input?: z.ZodObject;
  needs?: ('db' | 'imap' | 'vault')[];
  run(context: Context): Promise<Stats>;
}): AnyTask {
  const name = options.name ?? 'probe';
  return defineTask({
    name,
    path: `/test/${name}`,
    schedule: '*/5 * * * *',
    product: 'lokario',
    summary: 'Does what the test says',
    success: () => `${name} done`,
    timeoutMs: options.timeoutMs ?? 60_000,
    needs: options.needs ?? ['db'],
    input: options.input ?? z.object({}),
    run: options.run as never,
  });
}
