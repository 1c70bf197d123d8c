import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { unlessDeadlocked } from '../../db/deadlock.js';
import { AppError } from '../../errors.js';
import { deliver } from '../../messages/delivery.js';
import { addNotifications } from '../../messages/notify.js';
import { queueMessages } from '../../messages/queue.js';
import { farewellMail } from '../../messages/templates/farewell.js';
import { type Capabilities, defineTask, type RunContext } from '../define.js';
import { boundLockWaits, type Claim, claimUser, isSoleOwner, lockProblem } from './claim.js';
import { countDueUsers, type DueUser, dueUsers } from './due.js';
import { eraseUser, previewErasure } from './erase.js';
import { ErasureStore, recordErasure } from './erasures.js';
import { forgetExport, removeExport, type StaleExport } from './exports.js';
import { removeStripeCustomer } from './stripe-customer.js';
import { findTraces, type Traces } from './traces.js';

const NAME = 'account-deletions';

type Context = RunContext<unknown> &
  Pick<Capabilities, 'db' | 'mail' | 'vault'> &
  Partial<Pick<Capabilities, 'storage' | 'stripe'>>;

interface Run {
  context: Context;
  erasures: ErasureStore;
  tally: { deleted: number; blocked: number; subscriptionsCancelled: number };
  /** Looked at again at the end: the members may have gone meanwhile. */
  soleOwners: DueUser[];
  /** Where the batch is named: read once, when the first of it is deleted. */
  traces(): Promise<Traces>;
}

export const accountDeletions = defineTask({
  name: NAME,
  path: '/users/process-account-deletions',
  schedule: '0 2 * * *',
  product: 'lokario',
  summary: 'Delete the accounts whose time has come, with all their personal data',
  success: (t) => t.tasks[NAME].success,
  timeoutMs: 600_000,
  needs: ['db', 'mail', 'vault'],
  uses: ['storage', 'stripe'],
  input: z.object({}),
  async run(context) {
    const now = context.now();
    const due = await countDueUsers(context.db, now);
    const tally = { deleted: 0, blocked: 0, subscriptionsCancelled: 0 };
    const erasures = new ErasureStore(context);
    const run: Run = { context, erasures, tally, soleOwners: [], traces: tracesOf(context, []) };
    await run.erasures.storePending();
    for await (const users of dueUsers(context.db, now)) {
      run.traces = tracesOf(context, users);
      await eachUser(context, users, (user) =>
        context.dryRun ? preview(run, user) : processUser(run, user),
      );
      context.progress({ due, ...tally });
    }
    run.traces = tracesOf(context, run.soleOwners);
    await eachUser(context, run.soleOwners, (user) => processSoleOwner(run, user));
    const { sent } = await deliver(context, { task: NAME });
    return { due, ...tally, unstored: await run.erasures.countPending(), sent };
  },
});

function tracesOf(context: Context, users: DueUser[]): Run['traces'] {
  let traces: Promise<Traces> | undefined;
  return () => {
    traces ??= findTraces(
      context.db.rows,
      users.map(({ id }) => id),
    );
    return traces;
  };
}

/** One after the other: they write to the same rows of others. */
function eachUser(context: Context, users: DueUser[], work: (user: DueUser) => Promise<void>): Promise<void> {
  return context.each(users, { concurrency: 1, name: ({ id }) => id }, async (user) => {
    if (context.outOfTime()) return;
    try {
      await work(user);
    } catch (error) {
      throw lockProblem(error);
    }
  });
}

async function processUser(run: Run, user: DueUser): Promise<void> {
  const claim = await claimUnlessClaimed(run.context, user);
  if (claim === 'sole-owner') run.soleOwners.push(user);
  if (claim === 'claimed') await deleteAccount(run, user);
}

/** The members that were due too have gone by now: whoever is a sole owner still is reported. */
async function processSoleOwner(run: Run, user: DueUser): Promise<void> {
  const { context, tally } = run;
  const claim = await claimUnlessClaimed(context, user);
  if (claim === 'claimed') return deleteAccount(run, user);
  if (claim === 'cancelled') return;
  tally.blocked += 1;
  const { title, body } = context.messages.accounts.blocked;
  await context.db.write((tx) =>
    addNotifications(tx, [
      {
        userId: null,
        kind: 'account_deletion_blocked',
        severity: 'important',
        dedupeKey: `account-deletion-blocked:${user.id}`,
        title,
        body: body(user.id),
        link: null,
      },
    ]),
  );
  throw new AppError('unprocessable', (t) => t.accounts.soleOwner);
}

async function claimUnlessClaimed(context: Context, user: DueUser): Promise<Claim> {
  // Before the claim: without Stripe the deletion could not be finished.
  if (user.stripeCustomerId && !context.stripe)
    throw new AppError('not_configured', (t) => t.accounts.stripeMissing);
  if (user.claimed) return 'claimed';
  return unlessDeadlocked(() =>
    context.db.write(async (tx) => {
      await boundLockWaits(tx);
      return claimUser(tx, user.id, context.now());
    }),
  );
}

async function deleteAccount(run: Run, user: DueUser): Promise<void> {
  const { context, tally, erasures } = run;
  const { db, signal, log } = context;
  tally.subscriptionsCancelled += await removeStripeCustomer(user.id, { ...context, rows: db.rows }, signal);
  const traces = await run.traces();
  const deletion = await unlessDeadlocked(() => eraseAndSayFarewell(context, user.id, traces));
  if (deletion) {
    tally.deleted += 1;
    log.info({ userId: user.id }, 'account deleted');
    if (deletion.staleExport) await removeExport(context, deletion.staleExport);
  }
  await erasures.storePending();
}

/** @returns undefined when there was nothing to delete any more */
function eraseAndSayFarewell(
  context: Context,
  userId: string,
  traces: Traces,
): Promise<{ staleExport: StaleExport | undefined } | undefined> {
  const { messages, vault, mail, site } = context;
  return context.db.write(async (tx) => {
    await boundLockWaits(tx);
    const now = context.now();
    const erased = await eraseUser(tx, userId, {
      messages,
      adminEmail: site.adminEmail,
      vault,
      now,
      claimed: true,
      mayCloseCompany: true,
      traces,
    });
    if (!erased) return undefined;
    const { email, name, suppressed, companyId, closesCompany } = erased.subject;
    const farewell = {
      task: NAME,
      dedupeKey: `account-deletion:${userId}`,
      recipient: email,
      ephemeral: true,
      ...farewellMail({ name }, context),
    };
    // It was their word, or their server's.
    if (!suppressed) await queueMessages(tx, [farewell], { sender: mail.sender, vault, now });
    const erasure = { id: uuidv7(), userId, deletedAt: now.toISOString(), companyClosed: closesCompany };
    await recordErasure(tx, erasure, { counts: erased.counts, storedAt: null });
    return { staleExport: companyId === null ? undefined : await forgetExport(tx, companyId) };
  });
}

async function preview({ context, tally }: Run, user: DueUser): Promise<void> {
  const { db, stripe, vault } = context;
  if (user.stripeCustomerId && !stripe)
    return context.would(user.id, { blocked: context.messages.accounts.stripeMissing });
  if (!user.claimed && (await isSoleOwner(db.rows, user.id, { lock: false }))) {
    tally.blocked += 1;
    return context.would(user.id, { blocked: context.messages.accounts.soleOwner });
  }
  const erasure = await previewErasure(db.rows, user.id, vault);
  if (!erasure) return;
  const { lastMember, rows } = erasure;
  context.would(user.id, {
    delete: rows,
    company: lastMember ? 'anonymised' : 'stays',
    stripeCustomer: Boolean(user.stripeCustomerId),
  });
}
