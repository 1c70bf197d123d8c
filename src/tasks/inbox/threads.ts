import { sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { rowsOf, type Transaction } from '../../db/client.js';

/** What a thread is made of: a mail's own id and those it refers to. */
export interface Threaded {
  message_id: string | null;
  reference_ids: string[];
  thread_id: string;
}

/**
 * Gives each mail its thread. Mails belong together when they share an id, their own or one they refer to, in
 * whichever order they arrive; a mail that joins two threads makes them one.
 */
export async function assignThreads(tx: Transaction, folderIds: string[], mails: Threaded[]): Promise<void> {
  const groups = new DisjointSets();
  for (const mail of mails) {
    const [first, ...others] = idsOf(mail);
    for (const other of others) groups.join(first as string, other);
  }
  const threads = new Map<string, Set<string>>();
  for (const { id, thread_id } of await relatedThreads(tx, folderIds, mails)) {
    const group = groups.find(id);
    threads.set(group, (threads.get(group) ?? new Set()).add(thread_id));
  }
  // A thread that holds ids of two groups makes them one.
  const groupOfThread = new Map<string, string>();
  for (const [group, ids] of threads) {
    for (const thread of ids) {
      const other = groupOfThread.get(thread);
      if (other !== undefined) groups.join(other, group);
      else groupOfThread.set(thread, group);
    }
  }
  const merged = new Map<string, string[]>();
  for (const [thread, group] of groupOfThread) {
    const root = groups.find(group);
    merged.set(root, [...(merged.get(root) ?? []), thread]);
  }
  const chosen = new Map<string, string>();
  for (const [root, candidates] of merged) {
    const [kept, ...others] = candidates.sort();
    chosen.set(root, kept as string);
    if (others.length > 0) await merge(tx, kept as string, others);
  }
  for (const mail of mails) {
    const [first] = idsOf(mail);
    const root = first === undefined ? undefined : groups.find(first);
    const thread = (root !== undefined && chosen.get(root)) || uuidv7();
    if (root !== undefined) chosen.set(root, thread);
    mail.thread_id = thread;
  }
}

const idsOf = (mail: Threaded): string[] =>
  mail.message_id ? [mail.message_id, ...mail.reference_ids] : mail.reference_ids;

/** The threads of stored mails that share an id with the new ones. */
async function relatedThreads(tx: Transaction, folderIds: string[], mails: Threaded[]) {
  const ids = [...new Set(mails.flatMap(idsOf))];
  if (ids.length === 0) return [];
  const wanted = sql`array(select json_array_elements_text(${JSON.stringify(ids)}::json))`;
  return rowsOf<{ id: string; thread_id: string }>(
    tx,
    sql`
      select distinct mail.thread_id, shared.id
      from cronhook.inbox_messages mail
      cross join lateral unnest(array_append(mail.reference_ids, mail.message_id)) as shared (id)
      where mail.folder_id in ${folderIds}
        and (mail.message_id = any (${wanted}) or mail.reference_ids && ${wanted})
        and shared.id = any (${wanted})
    `,
  );
}

const merge = (tx: Transaction, kept: string, others: string[]) =>
  tx.execute(sql`update cronhook.inbox_messages set thread_id = ${kept}::uuid where thread_id in ${others}`);

/** Union-find over ids. */
class DisjointSets {
  readonly #parents = new Map<string, string>();

  find(id: string): string {
    let root = id;
    for (let parent = this.#parents.get(root); parent !== undefined; parent = this.#parents.get(root))
      root = parent;
    // Later look-ups go straight to the root.
    for (let step = id; step !== root; ) {
      const next = this.#parents.get(step) as string;
      this.#parents.set(step, root);
      step = next;
    }
    return root;
  }

  join(a: string, b: string): void {
    const [rootA, rootB] = [this.find(a), this.find(b)];
    if (rootA !== rootB) this.#parents.set(rootB, rootA);
  }
}
