/** What one run did, over all mailboxes. */
export interface Tally {
  foldersScanned: number;
  messagesAdded: number;
  flagsUpdated: number;
  messagesDeleted: number;
  /** Mails that the run saw but had no time left to fetch, and one for each mailbox that it did not reach. */
  remaining: number;
}

export const newTally = (): Tally => ({
  foldersScanned: 0,
  messagesAdded: 0,
  flagsUpdated: 0,
  messagesDeleted: 0,
  remaining: 0,
});
