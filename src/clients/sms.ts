export interface Sms {
  /** How many are sent side by side. */
  concurrency: number;
  /**
   * Sends one SMS.
   * @param to the number in E.164: `+33612345678`
   * @throws {DeliveryProblem} saying whose fault it is
   */
  send(message: { to: string; text: string }, signal: AbortSignal): Promise<void>;
}
