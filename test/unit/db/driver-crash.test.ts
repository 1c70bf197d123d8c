import { describe, expect, test } from 'vitest';
import { survivesDriverCrash, unlessDriverCrashes } from '../../../src/db/driver-crash.js';

function driverCrash(): TypeError {
  const error = new TypeError("Cannot read properties of null (reading 'write')");
  error.stack = `${error}\n    at Immediate.nextWrite (/app/node_modules/postgres/src/connection.js:255:22)`;
  return error;
}

describe('a crash of the database driver', () => {
  test('ends the transactions under way as a database that is away', async () => {
    const stuck = unlessDriverCrashes(new Promise(() => {}));
    expect(survivesDriverCrash(driverCrash())).toBe(true);
    await expect(stuck).rejects.toMatchObject({ code: 'database_unavailable' });
  });

  test('is the only uncaught error that the service survives', () => {
    expect(survivesDriverCrash(new TypeError('x is not a function'))).toBe(false);
    expect(survivesDriverCrash(new Error('nextWrite in postgres/src/connection.js'))).toBe(false);
  });

  test('leaves other transactions their result', async () => {
    expect(await unlessDriverCrashes(Promise.resolve(7))).toBe(7);
    await expect(unlessDriverCrashes(Promise.reject(new Error('own')))).rejects.toThrow('own');
  });
});
