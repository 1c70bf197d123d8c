import { sql } from 'drizzle-orm';
import pMap from 'p-map';
import type { Storage } from '../../clients/storage.js';
import type { Stripe } from '../../clients/stripe.js';
import type { Vault } from '../../clients/vault.js';
import type { Database } from '../../db/client.js';
import { unlessDeadlocked } from '../../db/deadlock.js';
import type { Messages } from '../../locales/index.js';
import { boundLockWaits, lockProblem } from './claim.js';
import { eraseUser } from './erase.js';
import { ERASURES, type Erasure, parseErasure, recordErasure } from './erasures.js';
import { forgetExport } from './exports.js';
import { removeStripeCustomer } from './stripe-customer.js';
import { findTraces, type Traces } from './traces.js';

interface ReplayTools {
  db: Database;
  storage: Storage;
  stripe: Stripe | undefined;
  vault: Vault | undefined;
  messages: Messages;
  adminEmail: string | undefined;
  now(): Date;
  dryRun: boolean;
  /** Told as it happens: which account came back, and what became of it. */
  tell: {
    returned(userId: string): void;
    /** A company that went with its last member, or would. */
    closed(companyId: string): void;
    /** One that had others when its member went, whom this database does not know: a person decides. */
    leftEmpty(companyId: string): void;
    unreadable(key: string): void;
    failed(userId: string, error: unknown): void;
  };
}

export interface ReplayTally {
  erasures: number;
  /** Users who were there again. */
  returned: number;
  deleted: number;
  /** Rows of the audit trail that the backup did not have. */
  recorded: number;
  unreadable: number;
  failed: number;
}

/** An erasure as the storage has it. */
interface StoredErasure extends Erasure {
  storedAt: Date;
}

type Back = Pick<Erasure, 'userId' | 'companyClosed'>;

const CHUNK = 1_000;
const READS_SIDE_BY_SIDE = 16;

/**
 * After a restored backup: deletes again whoever had been deleted. Without farewell and without a look at who owns the
 * company, for all that was settled the first time. A company goes only if it went then: who has joined it since the
 * backup is not in this database.
 *
 * It needs no lease: each deletion locks the user's row, so that a run of `account-deletions`, or another replay, which
 * comes to the same user waits and then finds nobody; the audit row has the erasure's own id, and goes in once.
 */
export async function replayErasures(tools: ReplayTools): Promise<ReplayTally> {
  const back: Back[] = [];
  const tally = { erasures: 0, returned: 0, deleted: 0, recorded: 0, unreadable: 0, failed: 0 };
  for await (const chunk of storedErasures(tools, tally)) {
    tally.erasures += chunk.length;
    const wanted = await compare(tools.db, chunk);
    const returned = wanted.filter(({ isBack }) => isBack).map(({ erasure }) => erasure);
    tally.returned += returned.length;
    for (const { userId } of returned) tools.tell.returned(userId);
    if (tools.dryRun) {
      back.push(...returned.map(({ userId, companyClosed }) => ({ userId, companyClosed })));
      continue;
    }
    const userIds = returned.map(({ userId }) => userId);
    const traces = userIds.length > 0 ? await findTraces(tools.db.rows, userIds) : undefined;
    for (const { erasure } of wanted) {
      try {
        await replay(erasure, tools, traces, tally);
      } catch (error) {
        tally.failed += 1;
        tools.tell.failed(erasure.userId, lockProblem(error));
      }
    }
  }
  for (const { companyId, closes } of await emptied(tools.db, back)) tellOfCompany(tools, companyId, closes);
  return tally;
}

/** Listed and read a thousand at a time. */
async function* storedErasures(
  { storage, tell }: ReplayTools,
  tally: ReplayTally,
): AsyncGenerator<StoredErasure[]> {
  const read = async ({ key, modifiedAt }: { key: string; modifiedAt: Date }) => {
    const body = await storage.get(key);
    const erasure = body === undefined ? undefined : parseErasure(key, body);
    if (erasure) return { ...erasure, storedAt: modifiedAt };
    tally.unreadable += 1;
    tell.unreadable(key);
    return undefined;
  };
  let objects: { key: string; modifiedAt: Date }[] = [];
  const readAll = async () => {
    const erasures = await pMap(objects, read, { concurrency: READS_SIDE_BY_SIDE });
    objects = [];
    return erasures.filter((erasure) => erasure !== undefined);
  };
  for await (const object of storage.list(ERASURES)) {
    objects.push(object);
    if (objects.length === CHUNK) yield await readAll();
  }
  if (objects.length > 0) yield await readAll();
}

/** Those of whom the database has to hear, in one statement. */
async function compare(db: Database, chunk: StoredErasure[]) {
  const given = chunk.map(({ id, userId }, index) => ({ id, user_id: userId, index }));
  const found = await db.rows<{ index: number; isBack: boolean }>(sql`
    select given.index, own.id is not null as "isBack"
    from json_to_recordset(${JSON.stringify(given)}::json) as given (id uuid, user_id uuid, index int)
    left join cronhook.users own on own.id = given.user_id
    left join cronhook.account_deletions deletion on deletion.id = given.id
    where own.id is not null or deletion.id is null
    order by given.index
  `);
  return found.map(({ index, isBack }) => ({ erasure: chunk[index] as StoredErasure, isBack }));
}

async function replay(
  erasure: StoredErasure,
  tools: ReplayTools,
  traces: Traces | undefined,
  tally: ReplayTally,
): Promise<void> {
  const { db, stripe, messages, adminEmail, vault, now } = tools;
  // The customer went before the data did, the first time: without the key there is nothing to catch up on.
  if (stripe)
    await removeStripeCustomer(erasure.userId, { stripe, rows: db.rows }, new AbortController().signal);
  const again = () =>
    db.transaction(async (tx) => {
      await boundLockWaits(tx);
      const erased = await eraseUser(tx, erasure.userId, {
        messages,
        adminEmail,
        vault,
        now: now(),
        claimed: false,
        mayCloseCompany: erasure.companyClosed,
        ...(traces && { traces }),
      });
      if (erased?.subject.companyId) await forgetExport(tx, erased.subject.companyId);
      const { storedAt } = erasure;
      const record = { counts: erased?.counts ?? {}, storedAt };
      return { subject: erased?.subject, recorded: await recordErasure(tx, erasure, record) };
    });
  const { subject, recorded } = await unlessDeadlocked(again);
  if (subject) tally.deleted += 1;
  if (recorded) tally.recorded += 1;
  if (subject?.companyId && subject.lastMember)
    tellOfCompany(tools, subject.companyId, subject.closesCompany);
}

function tellOfCompany({ tell }: ReplayTools, companyId: string, closes: boolean): void {
  if (closes) tell.closed(companyId);
  else tell.leftEmpty(companyId);
}

/** The companies of which nobody would be left; the deletion that comes last says whether the company goes too. */
function emptied(db: Database, back: Back[]): Promise<{ companyId: string; closes: boolean }[]> {
  const given = back.map(({ userId, companyClosed }, index) => ({
    user_id: userId,
    closed: companyClosed,
    index,
  }));
  return db.rows(sql`
    with given as (
      select distinct on (user_id) * from json_to_recordset(${JSON.stringify(given)}::json)
        as given (user_id uuid, closed boolean, index int)
      order by user_id, index
    )
    select own.company_id as "companyId", (array_agg(given.closed order by given.index desc))[1] as closes
    from cronhook.users own left join given on given.user_id = own.id
    where own.company_id in (select company_id from cronhook.users join given on given.user_id = users.id)
    group by own.company_id having count(*) = count(given.user_id)
    order by max(given.index)
  `);
}
