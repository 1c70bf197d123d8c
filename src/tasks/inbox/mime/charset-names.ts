import iconv from 'iconv-lite';

/** What `charsetOf` answers when a label does not say which characters the bytes above 127 are. */
export const UNNAMED = '?';

/** The decoder for a label as mails write it: quoted, with spaces, a prefix, an old alias or a lie. */
export function charsetOf(label: string | undefined): string {
  if (label === undefined || label === '') return UNNAMED;
  const known = resolved.get(label);
  if (known !== undefined) return known;
  const charset = lookUp(label);
  // Labels come from strangers: the memory of them stays small.
  if (resolved.size < 500 && label.length <= 60) resolved.set(label, charset);
  return charset;
}

const resolved = new Map<string, string>();

function lookUp(label: string): string {
  const value = label.slice(0, 200).replace(/^[\s"']*charset\s*=/i, '');
  const first = value.replace(/^[\s"']+/, '').split(/[;,"'(]/, 1)[0] ?? '';
  const key = keyOf(first);
  if (key === '' || NO_CHARSET.has(key)) return UNNAMED;
  const found = decoderOf(key) ?? (key.startsWith('x') ? decoderOf(key.slice(1)) : undefined);
  if (found) return found;
  const standard = standardName(first.trim());
  return standard === undefined ? UNNAMED : (decoderOf(keyOf(standard)) ?? standard);
}

/** iconv-lite compares names in this form too. */
function keyOf(name: string): string {
  return name.toLowerCase().replace(/:\d{4}$|[^a-z0-9]/g, '');
}

function decoderOf(key: string): string | undefined {
  const charset = ALIASES.get(key) ?? key;
  if (OWN_DECODERS.has(charset)) return charset;
  return !NO_CHARSET.has(charset) && iconv.encodingExists(charset) ? charset : undefined;
}

function standardName(label: string): string | undefined {
  try {
    return new TextDecoder(label).encoding;
  } catch {
    return undefined;
  }
}

const OWN_DECODERS = new Set(['utf8', 'utf7', 'iso2022jp', 'iso2022kr', 'hz']);

/** Labels that leave the 8-bit characters open, then codecs of iconv-lite that are no charset. */
const NO_CHARSET = new Set([
  ...['usascii', 'ascii', 'ansix341968', 'iso646us', '646', 'unknown', 'xunknown', 'unknown8bit', 'ansi'],
  ...['7bit', '8bit', 'default', 'none', 'null', 'undefined', 'auto'],
  ...['hex', 'base64', 'binary', 'utf7imap', 'internal'],
]);

/** As the WHATWG encoding standard reads them: each is the superset that mail programs really send. */
const ALIASES = new Map<string, string>([
  ...names('windows1252', 'iso88591', 'latin1', 'l1', 'isoir100', 'cp819', 'ibm819', 'csisolatin1'),
  ...names('windows1254', 'iso88599', 'latin5', 'l5'),
  ...names('windows874', 'iso885911', 'tis620', 'dos874'),
  ...names('gb18030', 'gb2312', 'gb231280', 'csgb2312', 'chinese', 'gbk', 'cp936', 'ms936', 'euccn'),
  ...names('cp949', 'ksc56011987', 'ksc56011989', 'ksc5601', 'euckr', 'cseuckr', 'korean', 'uhc'),
  ...names('utf8', 'utf8mb4', 'unicode11utf8', 'unicode20utf8', 'cputf8', 'cp65001', '65001'),
  ...names('utf7', 'unicode11utf7', 'csunicode11utf7'),
  ...names('iso2022jp', 'iso2022jp1', 'iso2022jp2', 'iso2022jp3', 'iso2022jp2004', 'iso2022jpms'),
  ...names('iso2022jp', 'csiso2022jp', 'cp50220', 'cp50221', 'cp50222', 'jis', 'jis7'),
  ...names('iso2022kr', 'csiso2022kr'),
  ...names('hz', 'hzgb2312', 'hzgb'),
]);

function names(charset: string, ...aliases: string[]): [string, string][] {
  return aliases.map((alias) => [alias, charset]);
}
