/** Writes UIDs as IMAP does: `1:4,7`. */
export function uidSet(uids: number[]): string {
  const sorted = [...uids].sort((a, b) => a - b);
  const runs: string[] = [];
  for (let index = 0; index < sorted.length; index++) {
    const first = sorted[index] as number;
    while (sorted[index + 1] === (sorted[index] as number) + 1) index += 1;
    const last = sorted[index] as number;
    runs.push(first === last ? `${first}` : `${first}:${last}`);
  }
  return runs.join(',');
}
