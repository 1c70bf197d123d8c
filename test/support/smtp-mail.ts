import PostalMime, { decodeWords, type Email } from 'postal-mime';

export interface Envelope {
  /** 1 for the first connection, 2 for the second. */
  connection: number;
  from: string;
  to: string[];
  acceptedAt: Date;
}

/** A mail as the server got it. Nothing is parsed before somebody looks. */
export class AcceptedMail {
  readonly connection: number;
  readonly from: string;
  readonly to: string[];
  readonly acceptedAt: Date;
  #headers: Record<string, string> | undefined;
  #email: Promise<Email> | undefined;

  constructor(
    readonly raw: Buffer,
    envelope: Envelope,
  ) {
    this.connection = envelope.connection;
    this.from = envelope.from;
    this.to = envelope.to;
    this.acceptedAt = envelope.acceptedAt;
  }

  /** Names in lower case, values unfolded and decoded; of a repeated header the first. */
  get headers(): Record<string, string> {
    this.#headers ??= readHeaders(this.raw);
    return this.#headers;
  }

  /** With its angle brackets. */
  get messageId(): string {
    return this.headers['message-id'] ?? '';
  }

  get subject(): string {
    return this.headers.subject ?? '';
  }

  get text(): Promise<string> {
    return this.parse().then(({ text }) => text ?? '');
  }

  get html(): Promise<string> {
    return this.parse().then(({ html }) => html ?? '');
  }

  /** As postal-mime reads it, attachments included. */
  parse(): Promise<Email> {
    this.#email ??= PostalMime.parse(this.raw);
    return this.#email;
  }
}

function readHeaders(raw: Buffer): Record<string, string> {
  const end = raw.indexOf('\r\n\r\n');
  const block = raw.toString('utf8', 0, end === -1 ? raw.length : end).replace(/\r\n(?=[ \t])/g, '');
  const headers: Record<string, string> = {};
  for (const line of block.split('\r\n')) {
    const [, name, value] = /^([^:\s]+)\s*:\s*(.*)$/.exec(line) ?? [];
    if (name && value !== undefined) headers[name.toLowerCase()] ??= decodeWords(value.trim());
  }
  return headers;
}
