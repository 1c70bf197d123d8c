export const FONT = "font-family:'Segoe UI',Roboto,Helvetica,Arial,sans-serif";

/** Mail programs that know no dark style show the first; the others find the second in the style sheet. */
export const LIGHT = { page: '#f3f4f6', card: '#ffffff', ink: '#1f2937', soft: '#5b6472', line: '#d9dde3' };
export const DARK = { page: '#14171b', card: '#1f242b', ink: '#e8eaed', soft: '#a9b1bc', line: '#3a424d' };
/** White on it can be read in both. */
export const ACCENT = '#1d5fd1';
export const DARK_LINK = '#8ab4f8';

export const TEXT = `${FONT};font-size:16px;line-height:24px;color:${LIGHT.ink};word-break:break-word`;
export const SOFT = `${FONT};font-size:14px;line-height:21px;color:${LIGHT.soft};word-break:break-word`;
export const TABLE = 'role="presentation" cellpadding="0" cellspacing="0" border="0"';

export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? '');

const ESCAPES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
