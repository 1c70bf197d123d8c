import { expect, test } from 'vitest';
import { type Cleanup, cleanupMail } from '../../../src/messages/templates/cleanup.js';
import { lookIn, spaced } from './look.js';

const CLEANUP: Cleanup = {
  levels: { debug: 0, info: 1_234_567, warn: 890, error: 12, critical: 1 },
  runs: 321,
  bytesFreed: 345_600_000,
  archived: 13,
  archives: 1,
  archiveKeys: ['archives/logs/2026/08/11-987-0123456789ab.ndjson.gz'],
  encrypted: false,
  remaining: 0,
};

test('names each level that had lines, the space, the archives and how to read them', () => {
  const { subject, text } = cleanupMail(CLEANUP, lookIn('fr'));
  expect(spaced(subject)).toBe('Nettoyage des journaux : 1 235 791 lignes supprimées');
  for (const words of [
    'Lignes « info » : 1 234 567',
    'Lignes « critical » : 1',
    'Exécutions de tâches : 321',
    'Archivées avant suppression : 13',
    'Espace libéré : environ 345,6 Mo',
    'archives/logs/2026/08/11-987-0123456789ab.ndjson.gz',
    'gunzip -c',
  ])
    expect(spaced(text)).toContain(words);
  expect(text).not.toMatch(/debug|Reste|age -d/);
});

test('tells how to decrypt what is encrypted, what remains, and names twenty archives at most', () => {
  const archiveKeys = Array.from({ length: 20 }, (_, n) => `archives/logs/2026/08/${n}.ndjson.gz.age`);
  const { text } = cleanupMail(
    { ...CLEANUP, archives: 25, archiveKeys, encrypted: true, remaining: 4_000 },
    lookIn('en'),
  );
  expect(text).toContain('age -d -i');
  expect(text).toContain('Left to the next run: 4,000');
  expect(text.match(/\.ndjson\.gz\.age/g)).toHaveLength(20);
  expect(text).toContain('and 5 more');
});
