const NEWLINE = 0x0a;
/** Ends the rows of a COPY. */
const END_OF_ROWS = Buffer.from('\n\\.\n');

/**
 * Leaves statements out of a dump as pg_dump writes it, each alone on its line. Whatever else looks like them stays, byte
 * for byte: rows of a table, bodies of procedures, texts.
 */
export async function* withoutStatements(
  dump: AsyncIterable<Uint8Array>,
  unwanted: ReadonlySet<string>,
): AsyncGenerator<Buffer> {
  const reader = new StatementReader(unwanted);
  let [held, inRows]: [Buffer[], boolean] = [[], false];
  for await (const chunk of dump) {
    const arrived = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    held.push(arrived);
    // A line as long as many chunks is put together once.
    if (!inRows && !arrived.includes(NEWLINE)) continue;
    const bytes = held.length === 1 ? arrived : Buffer.concat(held);
    let [from, at] = [0, 0];
    while (at < bytes.length) {
      if (inRows) {
        const end = bytes.indexOf(END_OF_ROWS, at);
        if (end < 0) {
          at = Math.max(at, bytes.length - END_OF_ROWS.length + 1);
          break;
        }
        at = end + END_OF_ROWS.length;
        inRows = false;
        continue;
      }
      const end = bytes.indexOf(NEWLINE, at);
      if (end < 0) break;
      const kind = reader.read(bytes.toString('latin1', at, end));
      if (kind === 'unwanted') {
        if (at > from) yield bytes.subarray(from, at);
        from = end + 1;
      }
      inRows = kind === 'copy';
      // An empty table: the line's own end begins the end of its rows.
      at = inRows ? end : end + 1;
    }
    if (at > from) yield bytes.subarray(from, at);
    held = at < bytes.length ? [bytes.subarray(at)] : [];
  }
  if (held.length > 0) yield Buffer.concat(held);
}

type Line = 'unwanted' | 'copy' | 'other';

/** Comments, quoted texts and the ends of statements; a dollar inside a name opens nothing. */
const TOKEN =
  /--.*|\/\*|(?<![\w\x80-\xff])[eE]'|['"]|(?<![\w$\x80-\xff])\$(?:[A-Za-z_\x80-\xff][\w\x80-\xff]*)?\$|;/g;

/** Follows SQL line by line, as far as it takes to know where statements begin and end. */
class StatementReader {
  /** What ends the quote or comment that is open. */
  #until: string | undefined;
  /** No statement has been begun. */
  #between = true;
  #copying = false;

  constructor(private readonly unwanted: ReadonlySet<string>) {}

  read(line: string): Line {
    if (this.#between && this.#until === undefined) {
      if (this.unwanted.has(line)) return 'unwanted';
      this.#copying = line.startsWith('COPY ');
    }
    this.#follow(line);
    const ended = this.#between && this.#until === undefined;
    return ended && this.#copying && line.endsWith(' FROM stdin;') ? 'copy' : 'other';
  }

  #follow(line: string): void {
    let at = 0;
    while (at < line.length) {
      if (this.#until !== undefined) {
        at = endOfQuote(line, at, this.#until);
        if (at < 0) return;
        this.#until = undefined;
        continue;
      }
      TOKEN.lastIndex = at;
      const token = TOKEN.exec(line);
      if (line.slice(at, token?.index).trim() !== '') this.#between = false;
      if (!token) return;
      at = token.index + token[0].length;
      if (token[0] === ';') this.#between = true;
      else if (token[0] === '/*') this.#until = '*/';
      else if (!token[0].startsWith('--')) {
        this.#between = false;
        this.#until = token[0];
      }
    }
  }
}

/** @returns the place behind it, or -1 when it goes on in the next line. A doubled quote ends one and opens the next. */
function endOfQuote(line: string, from: number, until: string): number {
  if (!/^[eE]'$/.test(until)) {
    const end = line.indexOf(until, from);
    return end < 0 ? -1 : end + until.length;
  }
  const ending = /\\.|''|'/g;
  ending.lastIndex = from;
  for (let match = ending.exec(line); match; match = ending.exec(line))
    if (match[0] === "'") return ending.lastIndex;
  return -1;
}
