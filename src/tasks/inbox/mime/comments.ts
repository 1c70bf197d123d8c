/** A structured value without its RFC 5322 comments, each leaving one space. Quoted strings stay whole. */
export function withoutComments(value: string): string {
  if (!value.includes('(')) return value;
  let result = '';
  let depth = 0;
  let quoted = false;
  let kept = 0;
  for (let i = 0; i < value.length; i++) {
    const char = value[i];
    if (char === '\\') i++;
    else if (char === '"' && depth === 0) quoted = !quoted;
    else if (char === '(' && !quoted) {
      if (depth++ === 0) result += value.slice(kept, i);
    } else if (char === ')' && depth > 0 && --depth === 0) {
      result += ' ';
      kept = i + 1;
    }
  }
  return depth > 0 ? result : result + value.slice(kept);
}
