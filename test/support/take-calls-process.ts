import { takeCall } from '../../src/db/api-usage.js';
import { openDatabase } from '../../src/db/client.js';
import { Secret } from '../../src/secret.js';

/** A batch reduced to its quota: takes calls, several at once, until there are none, and prints how many it got. */
const [url = '', limit = '0', day = ''] = process.argv.slice(2);
const db = openDatabase(new Secret(url), { max: 4 });
let taken = 0;

async function takeAll(): Promise<void> {
  const quota = { limit: Number(limit), now: new Date(`${day}T12:00:00Z`) };
  while (await takeCall(db.query, { provider: 'ebay', day }, quota)) taken += 1;
}

await Promise.all([takeAll(), takeAll(), takeAll(), takeAll()]);
await db.close();
process.stdout.write(String(taken));
