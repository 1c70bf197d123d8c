export interface StoredObject {
  key: string;
  sizeBytes: number;
  modifiedAt: Date;
}

/** A bucket, or a folder that stands for one. */
export interface Storage {
  /** Writes a small object whole; another one of that key is replaced. */
  put(key: string, body: string, options: { contentType: string }): Promise<void>;
  /** @returns undefined when there is no such object */
  get(key: string): Promise<string | undefined>;
  /** Every object whose key begins so, in the order of their keys, however many there are. */
  list(prefix: string): AsyncIterable<StoredObject>;
}
