/** Paragraphs of format=flowed text on one line each (RFC 3676). The quote marks of a line stay before it. */
export function unflow(text: string, delSp: boolean): string {
  const out: string[] = [];
  let paragraph: string[] = [];
  let depth = 0;
  const close = () => {
    if (paragraph.length > 0) out.push(quoted(depth, paragraph.join('')));
    paragraph = [];
  };
  for (const raw of text.split('\n')) {
    const lineDepth = quoteDepth(raw);
    const line = raw.charCodeAt(lineDepth) === SPACE ? raw.slice(lineDepth + 1) : raw.slice(lineDepth);
    // The signature mark ends in a blank and flows into nothing. An empty line ends what flowed before it.
    const isSignature = line === '-- ';
    const isFlowed = line.endsWith(' ') && !isSignature;
    if (lineDepth !== depth || isSignature || line === '') close();
    depth = lineDepth;
    paragraph.push(isFlowed && delSp ? line.slice(0, -1) : line);
    if (!isFlowed) close();
  }
  close();
  return out.join('\n');
}

const SPACE = 0x20;
const GREATER_THAN = 0x3e;

function quoteDepth(line: string): number {
  let depth = 0;
  while (line.charCodeAt(depth) === GREATER_THAN) depth++;
  return depth;
}

function quoted(depth: number, text: string): string {
  return depth === 0 ? text : `${'>'.repeat(depth)} ${text}`.trimEnd();
}
