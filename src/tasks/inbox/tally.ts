/** What one run did, over all mailboxes. */
export interface Tally {
  foldersScanned: number;
  messagesAdded: number;
  flagsUpdated: number;
  messagesDeleted: number;
  /** Follow-ups that a reply has stopped. */
  replies: number;
  /** Messages of ours that came back. */
  bounces: number;
  /** Mails that the run saw but had no time left to fetch, and one for each mailbox that it did not reach. */
  remaining: number;
}

export const newTally = (): Tally => ({
  foldersScanned: 0,
  messagesAdded: 0,
  flagsUpdated: 0,
  messagesDeleted: 0,
  replies: 0,
  bounces: 0,
  remaining: 0,
});
