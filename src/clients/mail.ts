export interface Sender {
  name: string | undefined;
  address: string;
}

export interface MailMessage {
  messageId: string;
  /** How the sender is called; the address is always the service's own. */
  fromName: string | undefined;
  to: string;
  subject: string;
  text: string;
  html: string | undefined;
  headers: Record<string, string>;
}

/** Connections to the server, for one delivery. */
export interface MailSession {
  /**
   * @param beforeEnd is awaited before the dot that ends the message: from then on the server may have it
   * @throws {DeliveryProblem} saying whose fault it is
   */
  send(message: MailMessage, signal: AbortSignal, beforeEnd: () => Promise<void>): Promise<void>;
  close(): void;
}

export interface Mail {
  /** How many connections a session may open. */
  concurrency: number;
  sender: Sender;
  open(): MailSession;
}
