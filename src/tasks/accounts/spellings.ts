/** The ways in which texts, addresses of pages, HTML and JSON write a value. */
export function spellings(value: string): string[] {
  const known = value.toWellFormed();
  if (known === '') return [];
  const html = known.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return [
    ...new Set([
      known,
      known.replace(/\s+/g, ' '),
      encodeURIComponent(known),
      encodeURIComponent(known).replaceAll('%20', '+'),
      html.replaceAll('"', '&quot;').replaceAll("'", '&#39;'),
      html.replaceAll('"', '&#34;').replaceAll("'", '&#x27;'),
      JSON.stringify(known).slice(1, -1),
    ]),
  ];
}

export const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
