import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { withTaskTable } from '../../scripts/readme-tables.js';
import { VARIABLES } from '../../src/config.js';

const readRoot = (name: string): string => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');

describe('the documents', () => {
  test('README.md has the task table that the definitions make (npm run docs)', () => {
    const readme = readRoot('README.md');
    expect(withTaskTable(readme)).toBe(readme);
  });

  test('.env.example lists every variable once, and no other', () => {
    const listed = [...readRoot('.env.example').matchAll(/^([A-Z][A-Z0-9_]*)=/gm)].map(([, name]) => name);
    expect([...listed].sort()).toEqual([...VARIABLES].sort());
  });

  test('README.md names no variable that does not exist', () => {
    const known = new Set<string>([...VARIABLES, 'NODE_EXTRA_CA_CERTS', 'NODE_ENV']);
    const named = [...readRoot('README.md').matchAll(/`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)`/g)].map(
      ([, name]) => name,
    );
    expect(named.filter((name) => !known.has(name as string))).toEqual([]);
  });

  test('the two Railway files agree', () => {
    const { deploy } = JSON.parse(readRoot('railway.json')) as { deploy: Record<string, string | number> };
    const program = readRoot('.railway/railway.ts');
    for (const [name, value] of Object.entries(deploy)) {
      const key = name === 'healthcheckPath' ? 'healthcheck' : name;
      expect(program).toContain(`${key}: ${typeof value === 'string' ? `'${value}'` : value}`);
    }
  });

  test('the files of the fixed layout are there', () => {
    const fixed = [
      'package.json',
      'tsconfig.json',
      'src/routes',
      'src/tasks',
      'src/db',
      'drizzle',
      'railway.json',
      '.env.example',
      'test',
    ];
    expect(fixed.filter((name) => !existsSync(new URL(`../../${name}`, import.meta.url)))).toEqual([]);
  });
});
