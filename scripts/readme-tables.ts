import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { fr } from '../src/locales/fr.js';
import { missingVariables } from '../src/services.js';
import { tasks } from '../src/tasks/index.js';

const README = fileURLToPath(new URL('../README.md', import.meta.url));
const START = '<!-- tasks: made by npm run docs -->';
const END = '<!-- end of tasks -->';

/** The README's task table, from the definitions. */
export function taskTable(): string {
  const nothingConfigured = {} as Parameters<typeof missingVariables>[0];
  const nothingInstalled = { has: () => false };
  const rows = tasks.map((task) => {
    const needs = missingVariables(nothingConfigured, task, nothingInstalled).map((name) => `\`${name}\``);
    return [
      `\`${task.name}\``,
      `\`${task.path}\``,
      `\`${task.schedule}\``,
      `${needs.join(', ') || '–'}${task.needsOneOf?.includes('sms') ? ', or `TWILIO_…`' : ''}`,
      `${task.timeoutMs / 1000} s`,
      task.summary,
      task.success(fr),
    ];
  });
  const header = ['task', 'path', 'schedule', 'needs', 'limit', 'what it does', 'message on success'];
  return [header, header.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** The README with its table as it should be. */
export function withTaskTable(readme: string): string {
  const [before, rest] = readme.split(START);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) throw new Error(`README.md lacks ${START} or ${END}`);
  return `${before}${START}\n\n${taskTable()}\n\n${END}${after}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(README, withTaskTable(readFileSync(README, 'utf8')));
}
