import { Parser } from 'htmlparser2';

/** Kinds of links that a browser loads with the page. */
const LOADED = /(^|\s)(stylesheet|icon|preload|modulepreload)(\s|$)/i;
/** What a browser with scripts does not look into. */
const UNSEEN = new Set(['noscript', 'template']);

/** What a browser loads to show a page: styles, scripts, pictures, each address once. */
export function piecesOf(html: string, address: string): URL[] {
  const found: string[] = [];
  let base = address;
  let unseen = 0;
  const parser = new Parser({
    onopentag(name, { href, rel = '', src, loading }) {
      if (UNSEEN.has(name)) unseen += 1;
      if (unseen > 0) return;
      if (name === 'base' && href && base === address) base = resolve(href, address)?.href ?? address;
      if (name === 'link' && href && LOADED.test(rel)) found.push(href);
      if (name === 'script' && src) found.push(src);
      if (name === 'img' && src && loading !== 'lazy') found.push(src);
    },
    onclosetag(name) {
      if (UNSEEN.has(name)) unseen -= 1;
    },
  });
  parser.end(html);
  return distinct(found, base);
}

/** The first file of each font that a style sheet declares. */
export function fontsOf(css: string, address: string): URL[] {
  const faces = css.match(/@font-face\s*\{[^}]*\}/g) ?? [];
  const found = faces.flatMap((face) => /url\(\s*["']?([^"')\s]+)/.exec(face)?.[1] ?? []);
  return distinct(found, address);
}

function distinct(addresses: string[], base: string): URL[] {
  const urls = new Map<string, URL>();
  for (const address of addresses) {
    const url = resolve(address, base);
    if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password) continue;
    url.hash = '';
    urls.set(url.href, url);
  }
  return [...urls.values()];
}

const resolve = (address: string, base: string): URL | undefined =>
  URL.canParse(address, base) ? new URL(address, base) : undefined;
