import { describe, expect, test } from 'vitest';
import { withoutStatements } from '../../../src/backups/dump-statements.js';

const UNWANTED = new Set(['BEGIN;', 'COMMIT;']);

async function* inChunks(text: string, size: number) {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function filter(text: string, size = text.length + 1): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of withoutStatements(inChunks(text, size), UNWANTED)) parts.push(part);
  return Buffer.concat(parts).toString();
}

const OBJECTS = `
BEGIN;

SELECT pg_catalog.lo_open('16385', 131072);
SELECT pg_catalog.lowrite(0, '\\x00');
SELECT pg_catalog.lo_close(0);

COMMIT;

`;

const KEPT = [
  'CREATE PROCEDURE p()\n    LANGUAGE plpgsql\n    AS $$\nBEGIN\nBEGIN;\nCOMMIT;\nEND\n$$;\n',
  'CREATE FUNCTION f() RETURNS text\n    AS $_$ SELECT $$\nCOMMIT;\n$$ $_$;\n',
  "COMMENT ON TABLE t IS 'it''s\nCOMMIT;\n';\n",
  "CREATE VIEW v AS SELECT E'a\\\\''\nCOMMIT;\n' AS x, E'\\'\nCOMMIT;\n' AS y;\n",
  'CREATE TABLE "a\nCOMMIT;\nb" ("é$$" integer);\n',
  '/* here\nCOMMIT;\n*/\nSELECT\nCOMMIT;\n',
  'COPY public.t (a) FROM stdin;\nBEGIN;\nCOMMIT;\n\\\\.\n \\.\n\\.x\n$$\n\'\n"\n\\.\n',
  'COPY public.empty (a) FROM stdin;\n\\.\n',
  'COPY public."two\nlines" (a) FROM stdin;\nCOMMIT;\n\\.\n',
  `COPY public.long (a) FROM stdin;\n${'x'.repeat(5_000)}\nCOMMIT;\n\\.\n`,
  `COMMENT ON TABLE t IS '${'é'.repeat(3_000)}\nCOMMIT;\n';\n`,
  '-- it\'s a "comment $$ of\nSELECT 1;\n',
  'SELECT a$b$c, 1;\n',
];

describe('a dump', () => {
  test('loses the statements that would end the transaction it is restored in', async () => {
    expect(await filter(OBJECTS)).toBe(OBJECTS.replace('BEGIN;\n', '').replace('COMMIT;\n', ''));
  });

  test.each(KEPT)('keeps what only looks like them: %j', async (text) => {
    expect(await filter(text + OBJECTS)).toBe(text + (await filter(OBJECTS)));
  });

  test('is the same wherever its chunks begin and end', async () => {
    const whole = KEPT.join('') + OBJECTS + KEPT.toReversed().join('');
    const expected = KEPT.join('') + (await filter(OBJECTS)) + KEPT.toReversed().join('');
    for (const size of [1, 2, 3, 4, 5, 7, 11, 64, 1_000]) expect(await filter(whole, size)).toBe(expected);
  });

  test('keeps its last line without an end', async () => {
    expect(await filter('SELECT 1;\nCOMMIT', 3)).toBe('SELECT 1;\nCOMMIT');
    expect(await filter('COPY t (a) FROM stdin;\nBEGIN;\n\\.', 3)).toBe(
      'COPY t (a) FROM stdin;\nBEGIN;\n\\.',
    );
  });
});
