import { z } from 'zod';
import { defineTask, type RunContext } from '../define.js';
import { sweep } from './sweep.js';
import { type FileTally, removeFiles } from './temporary-files.js';
import { temporaryRows } from './temporary-rows.js';

export const cleanupTemporary = defineTask({
  name: 'cleanup-temporary',
  path: '/maintenance/cleanup-temporary-data',
  schedule: '0 2 * * *',
  product: 'talos',
  summary:
    'Delete expired sessions and tokens, old notifications, measures and messages, and old temporary files',
  success: (t) => t.tasks['cleanup-temporary'].success,
  timeoutMs: 1_800_000,
  needs: ['db', 'tempPaths'],
  input: z.object({}),
  async run(context) {
    const sweeps = temporaryRows(context.now());
    const rows = Object.fromEntries(Object.keys(sweeps).map((name) => [name, 0]));
    const files: FileTally = { files: 0, bytesFreed: 0, foldersLeft: 0 };
    let remaining = 0;
    const byTable = { concurrency: 1, name: ([, { table }]: [string, (typeof sweeps)[string]]) => table };
    await context.each(Object.entries(sweeps), byTable, async ([name, what]) => {
      const left = await sweep(context, what, ({ gone }) => {
        rows[name] = (rows[name] ?? 0) + (gone['']?.rows ?? 0);
      });
      remaining += left;
    });
    await removeFiles(context, files);
    if (context.dryRun) foresee(context, { ...rows, files: files.files });
    const { foldersLeft, ...found } = files;
    return { ...rows, ...found, remaining: remaining + foldersLeft };
  },
});

function foresee({ would }: RunContext<unknown>, counts: Record<string, number>): void {
  for (const [what, count] of Object.entries(counts)) would(what, { delete: count });
}
