export interface Stripe {
  /**
   * Cancels what subscriptions the customer has, then deletes the customer; what is gone already is fine.
   * @throws {AppError} saying what failed and what to do
   */
  removeCustomer(customerId: string, signal: AbortSignal): Promise<{ subscriptionsCancelled: number }>;
}
