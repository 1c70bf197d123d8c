import { holdMessages, releaseMessages, retryMessages } from '../db/outbox.js';
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

export const retryCommand = (): Promise<void> =>
  withContext(async ({ db, now }) => {
    const retried = await db.transaction((tx) => retryMessages(tx, now()));
    print(`${retried} refused messages are tried again: the task outbox delivers them\n`);
  });
