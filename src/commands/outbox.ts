import { holdMessages, releaseMessages } from '../db/outbox.js';
import { withContext } from './context.js';
import { print } from './table.js';

export const holdCommand = (): Promise<void> =>
  withContext(async ({ db }) => {
    const held = await db.transaction((tx) => holdMessages(tx));
    print(`${held} pending messages held: none of them goes out until "cronhook outbox release"\n`);
  });

export const releaseCommand = (): Promise<void> =>
  withContext(async ({ db, now }) => {
    const released = await db.transaction((tx) => releaseMessages(tx, now()));
    print(`${released} messages released: the task outbox delivers them\n`);
  });
