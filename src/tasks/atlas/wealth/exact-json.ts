/** As many digits as a double may not hold; a point counts too, to be safe. */
const MANY_DIGITS = /[\d.]{16}/;
const STRING_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g;

/**
 * JSON as PostgreSQL writes it, with the numbers that a double might not hold to the last digit as texts. Shorter ones
 * come as numbers: printed again, they are what was written.
 */
export function parseExactly(json: string): unknown {
  if (!MANY_DIGITS.test(json)) return JSON.parse(json);
  return JSON.parse(
    json.replace(STRING_OR_NUMBER, (token) => (token.startsWith('"') ? token : `"${token}"`)),
  );
}
