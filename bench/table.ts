/** Columns as wide as their widest cell; a row that is short leaves the rest to its last cell. */
export function formatTable(header: string[], rows: string[][]): string {
  const widths = header.map((name, column) =>
    Math.max(
      name.length,
      ...rows.filter((row) => row.length === header.length).map((row) => (row[column] as string).length),
    ),
  );
  const line = (cells: string[]) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return [line(header), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}
