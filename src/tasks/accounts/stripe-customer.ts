import { sql } from 'drizzle-orm';
import type { Stripe } from '../../clients/stripe.js';
import { AppError } from '../../errors.js';
import type { Rows } from './subject.js';

/**
 * Ends the subscriptions of a user and removes the customer, unless somebody who stays has the same one.
 * @returns how many subscriptions were cancelled
 */
export async function removeStripeCustomer(
  userId: string,
  { stripe, rows }: { stripe?: Stripe | undefined; rows: Rows },
  signal: AbortSignal,
): Promise<number> {
  const [own] = await rows<{ customerId: string }>(sql`
    select stripe_customer_id as "customerId" from cronhook.users own
    where id = ${userId}::uuid and stripe_customer_id <> '' and not exists (
      select from cronhook.users other
      where other.stripe_customer_id = own.stripe_customer_id and other.id <> own.id
        and other.deletion_started_at is null
    )
  `);
  if (!own) return 0;
  if (!stripe) throw new AppError('not_configured', (t) => t.accounts.stripeMissing);
  return (await stripe.removeCustomer(own.customerId, signal)).subscriptionsCancelled;
}
