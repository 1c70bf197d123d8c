/** What a follow-up says of its document, formatted; a number or day that is not known is empty. */
export interface DocumentWords {
  number: string;
  amount: string;
  issued: string;
  due: string;
}

/** What one tone says: before the figures of the document, and after them. */
interface LetterTexts {
  subject(number: string): string;
  heading(number: string): string;
  before(document: DocumentWords): string[];
  after: string[];
}

/** How hard a follow-up asks: the first word, the second, the last. */
export type Tone = 'courteous' | 'firm' | 'final';

export type DocumentKind = 'invoice' | 'quote';

/** Names that may be empty leave no gap. */
export interface MailTexts {
  /** A day and an hour, joined. */
  moment(day: string, time: string): string;
  lessThanAMinute: string;
  greeting(name: string): string;
  /** Above the signature, which may be missing. */
  closing(signature: string): string;
  /** `Montant : 12 €` */
  fact(label: string, value: string): string;
  unsubscribe: { ask: string; link: string };
  followup: Record<DocumentKind, Record<Tone, LetterTexts>> & {
    labels: Record<DocumentKind | 'amount' | 'issued' | 'due' | 'validUntil', string>;
    /** The due date with the days since. */
    overdue(due: string, days: number): string;
    open: Record<DocumentKind, string>;
  };
  appointment: {
    subject(title: string, moment: string): string;
    heading: string;
    before: string;
    labels: { title: string; moment: string; location: string };
  };
  farewell: { subject: string; heading: string; body: string[] };
  backup: {
    subject(database: string): string;
    before: string;
    labels: Record<'started' | 'key' | 'size' | 'tables' | 'server' | 'encryption' | 'files', string>;
    /** What is stored of how much SQL. */
    size(stored: string, sql: string): string;
    /** Tables, and rows in all. */
    tables(count: string, rows: string): string;
    after: string;
  };
  backupDamaged: {
    subject(database: string): string;
    before: string;
    made(moment: string): string;
    after: string;
  };
  backupAnomaly: {
    subject(database: string): string;
    before: string;
    wholeDump: string;
    rows(before: string, after: string): string;
    bytes(before: string, after: string): string;
    /** The set that still has what is gone. */
    after(previous: string): string;
  };
  unsubscribePage: Record<
    'ask' | 'done',
    { title: string; text(address: string, sender: string): string }
  > & {
    invalid: { title: string; text: string };
    button: string;
  };
}
