import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { createFolderStorage } from '../../../../src/clients/storage-folder.js';
import { checkExport } from '../../../../src/tasks/clients/check-export.js';
import { temporaryFolder } from '../../../support/folder.js';

const KEY = 'archives/companies/2026/x.json.gz';
const SIGNAL = new AbortController().signal;
const rows = { users: 2, payments: 0 };
const WHOLE = `{"format":1,"company":"c","tables":{
"users":[
{"id":"1","name":"a\u2028\\n],"},
{"id":"2"}
],
"payments":[
]
},"rows":{"users":2,"payments":0}}
`;

/** What is stored, checked against what should have been. */
async function check(stored: Buffer | undefined, written: Buffer, counts = rows) {
  const storage = createFolderStorage(await temporaryFolder());
  if (stored) {
    const body = (async function* () {
      yield stored;
    })();
    await storage.upload(KEY, body, { contentType: 'application/gzip' });
  }
  const sha256 = createHash('sha256').update(written).digest('hex');
  const told = { key: KEY, companyId: 'c', bytes: written.length, sha256, rows: counts, encrypted: false };
  return checkExport(storage, told, { identity: undefined, signal: SIGNAL });
}

const zipped = (text: string) => gzipSync(text);

test('an export that comes back as it was written is whole, and JSON', async () => {
  expect(Object.keys(JSON.parse(WHOLE).tables)).toEqual(['users', 'payments']);
  await check(zipped(WHOLE), zipped(WHOLE));
});

test.each([
  ['is not there', undefined],
  ['is empty', Buffer.alloc(0)],
  ['is cut off', zipped(WHOLE).subarray(0, -12)],
  ['goes on after its end', Buffer.concat([zipped(WHOLE), zipped('\n')])],
  ['is another one', zipped(WHOLE.replace('"id":"2"', '"id":"3"'))],
])('an export that %s is damaged', async (_, stored) => {
  await expect(check(stored, zipped(WHOLE))).rejects.toThrow(KEY);
});

test.each([
  ['of another company', WHOLE.replace('"c"', '"d"')],
  ['with a row that is no JSON', WHOLE.replace('{"id":"2"}', '{"id":2')],
  ['with a row less than it says', WHOLE.replace(',\n{"id":"2"}', '')],
  ['without its end', WHOLE.slice(0, WHOLE.indexOf('},"rows"'))],
  ['with fewer tables', WHOLE.replace('"payments":[\n]\n', '').replace(',"payments":0', '')],
])('an export %s is damaged though its checksum is right', async (_, text) => {
  await expect(check(zipped(text), zipped(text))).rejects.toThrow(KEY);
});
