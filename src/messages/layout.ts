import type { Messages } from '../locales/index.js';
import type { Site } from '../site.js';
import { plainLine, webUrl } from './layout-clean.js';
import { cleanFigures, type FigureBlock } from './layout-figures.js';
import { renderHtml } from './layout-html.js';
import { renderText } from './layout-text.js';

/** Whom a mail is written for; the context of a run has both. */
export interface Look {
  site: Site;
  messages: Messages;
}

/** What a mail says, ready for `NewMessage`. */
export interface ComposedMail {
  subject: string;
  text: string;
  html: string;
}

export interface Link {
  label: string;
  url: string;
}

export interface Fact {
  label: string;
  value: string;
}

export type Block =
  | { kind: 'paragraph'; text: string }
  | { kind: 'facts'; facts: Fact[] }
  | { kind: 'button'; link: Link }
  | { kind: 'item'; title: string; lines: string[]; link: Link | undefined }
  | { kind: 'signature'; closing: string; name: string }
  /** The heading of what follows. */
  | { kind: 'section'; title: string }
  /** A first sentence that says it all, and a last one in small print. */
  | { kind: 'lead' | 'note'; text: string }
  | FigureBlock;

export interface MailContent {
  subject: string;
  heading: string;
  blocks: Block[];
  /** A visible way out of these mails. */
  unsubscribeUrl?: string | undefined;
}

/** A content whose texts are clean and whose links can be opened. */
export interface CleanContent {
  heading: string;
  blocks: Block[];
  footer: { text: string; link: Link } | undefined;
}

const LONGEST_SUBJECT = 200;
const LONGEST_TEXT = 2_000;
const LONGEST_NAME = 120;

export const paragraph = (text: string): Block => ({ kind: 'paragraph', text });

/** A name as others wrote it, empty when nothing of it can be seen. */
export const plainName = (value: string): string => plainLine(value, LONGEST_NAME);

/** One content, as text and as HTML. */
export function composeMail(content: MailContent, { site, messages }: Look): ComposedMail {
  const clean = (text: string) => typeset(plainLine(text, LONGEST_TEXT), site.locale);
  const unsubscribeUrl = webUrl(content.unsubscribeUrl);
  const { ask, link } = messages.mails.unsubscribe;
  const cleanContent: CleanContent = {
    heading: clean(content.heading),
    blocks: content.blocks.flatMap((block) => cleanBlock(block, clean)),
    footer: unsubscribeUrl ? { text: clean(ask), link: { label: link, url: unsubscribeUrl } } : undefined,
  };
  return {
    subject: plainLine(content.subject, LONGEST_SUBJECT),
    text: renderText(cleanContent, messages.mails),
    html: renderHtml(cleanContent, site.locale),
  };
}

/** None when nothing of it is left to show. */
function cleanBlock(block: Block, clean: (text: string) => string): Block[] {
  const cleanLink = (link: Link | undefined): Link | undefined => {
    const url = webUrl(link?.url);
    return link && url ? { label: clean(link.label), url } : undefined;
  };
  switch (block.kind) {
    case 'paragraph':
    case 'lead':
    case 'note': {
      const text = clean(block.text);
      return text ? [{ ...block, text }] : [];
    }
    case 'facts': {
      const facts = block.facts
        .map(({ label, value }) => ({ label: clean(label), value: clean(value) }))
        .filter(({ value }) => value !== '');
      return facts.length > 0 ? [{ ...block, facts }] : [];
    }
    case 'button': {
      const link = cleanLink(block.link);
      return link ? [{ ...block, link }] : [];
    }
    case 'item': {
      const lines = block.lines.map(clean).filter((line) => line !== '');
      return [{ ...block, title: clean(block.title), lines, link: cleanLink(block.link) }];
    }
    case 'signature':
      return [{ ...block, closing: clean(block.closing), name: clean(block.name) }];
    case 'section':
      return [{ ...block, title: clean(block.title) }];
    default:
      return cleanFigures(block, clean);
  }
}

/** French sets a space before `:` and inside « »: no line may break there. */
const typeset = (text: string, locale: Site['locale']): string =>
  locale === 'fr' ? text.replace(/ (?=[:;?!»])/g, '\u00a0').replace(/« /g, '«\u00a0') : text;
