/** HTTP Basic (RFC 7617) from the parts of a URL, which are percent-encoded. */
export function basicAuthorization({ username, password }: Pick<URL, 'username' | 'password'>): string {
  const pair = `${decoded(username)}:${decoded(password)}`;
  return `Basic ${Buffer.from(pair).toString('base64')}`;
}

/** A lone percent sign stands for itself. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
