export interface JsonOption {
  json?: boolean;
}

/** Columns padded to their widest cell; the last one runs free. */
export function table(header: string[], rows: string[][]): string {
  const all = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  return all
    .map((row) =>
      row
        .map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)))
        .join('  '),
    )
    .map((line) => `${line.trimEnd()}\n`)
    .join('');
}

export const print = (text: string): void => void process.stdout.write(text);

export const printJson = (value: unknown): void => print(`${JSON.stringify(value, null, 2)}\n`);
