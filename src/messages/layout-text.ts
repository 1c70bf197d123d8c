import type { MailTexts } from '../locales/mails.js';
import type { Block, CleanContent, Link } from './layout.js';
import { figuresText } from './layout-text-figures.js';
import { WIDTH, wrap } from './layout-wrap.js';

/** What mail programs know as the start of what is not the letter (RFC 3676, 4.3). */
const FOOTER_LINE = '-- ';

/** The text part: lines of 72 characters, every address whole and alone on its line. */
export function renderText({ heading, blocks, footer }: CleanContent, texts: MailTexts): string {
  const parts = [wrap(heading), ...blocks.map((block) => blockText(block, texts))];
  if (footer) parts.push(`${FOOTER_LINE}\n${wrap(footer.text)}\n${linkText(footer.link, texts)}`);
  return `${parts.join('\n\n')}\n`;
}

function blockText(block: Block, texts: MailTexts): string {
  switch (block.kind) {
    case 'paragraph':
    case 'lead':
    case 'note':
      return wrap(block.text);
    case 'section':
      return `${wrap(block.title)}\n${'-'.repeat(Math.min(block.title.length, WIDTH))}`;
    case 'facts':
      return block.facts.map(({ label, value }) => wrap(texts.fact(label, value), '  ')).join('\n');
    case 'button':
      return linkText(block.link, texts);
    case 'item': {
      const lines = block.lines.map((line) => `  ${wrap(line, '  ')}`);
      if (block.link) lines.push(indented(linkText(block.link, texts)));
      return [`- ${wrap(block.title, '  ')}`, ...lines].join('\n');
    }
    case 'signature':
      return block.name ? `${block.closing}\n${block.name}` : block.closing;
    default:
      return figuresText(block, texts);
  }
}

const linkText = ({ label, url }: Link, texts: MailTexts): string =>
  `${texts.fact(label, '').trimEnd()}\n${url}`;

const indented = (text: string): string => text.replace(/^/gm, '  ');
