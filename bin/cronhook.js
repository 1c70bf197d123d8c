#!/usr/bin/env node
// The compiled command line where there is one; in a checkout with its development tools, the sources.
import { existsSync } from 'node:fs';

const source = new URL('../src/cli.ts', import.meta.url);
const compiled = new URL('../dist/cli.js', import.meta.url);

async function sourcesCanRun() {
  if (!existsSync(source)) return false;
  try {
    const { register } = await import('tsx/esm/api');
    register();
    return true;
  } catch {
    return false;
  }
}

await import((await sourcesCanRun()) ? source.href : compiled.href);
