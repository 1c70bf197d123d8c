import type { Locale } from '../locales/index.js';
import type { Block, CleanContent, Fact, Link } from './layout.js';
import { DARK_FIGURES, FIGURE_STYLES, figuresHtml } from './layout-html-figures.js';
import { ACCENT, DARK, DARK_LINK, escapeHtml, FONT, LIGHT, SOFT, TABLE, TEXT } from './layout-style.js';

const DARK_STYLE = `
.page{background-color:${DARK.page}!important}
.card{background-color:${DARK.card}!important;border-color:${DARK.line}!important}
.ink{color:${DARK.ink}!important}
.soft{color:${DARK.soft}!important}
.line{border-color:${DARK.line}!important}
.link{color:${DARK_LINK}!important}
${DARK_FIGURES}`;

/** The HTML part: tables and inline styles, which is what every mail program reads; nothing to load. */
export function renderHtml({ heading, blocks, footer }: CleanContent, locale: Locale): string {
  return `<!doctype html>
<html lang="${locale}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<meta name="format-detection" content="telephone=no, date=no, address=no, email=no">
<meta name="x-apple-disable-message-reformatting">
<title>${escapeHtml(heading)}</title>
<style>
:root{color-scheme:light dark;supported-color-schemes:light dark}
${FIGURE_STYLES}
@media (prefers-color-scheme:dark){${DARK_STYLE}}
</style>
</head>
<body class="page" style="margin:0;padding:0;background-color:${LIGHT.page}">
<table ${TABLE} width="100%" class="page" style="background-color:${LIGHT.page}">
<tr><td align="center" style="padding:24px 12px">
<!--[if mso]><table ${TABLE} width="600"><tr><td><![endif]-->
<table ${TABLE} width="100%" style="max-width:600px">
<tr><td align="left" class="card" style="padding:28px 24px 12px;background-color:${LIGHT.card};border:1px solid ${LIGHT.line};border-radius:8px">
<h1 class="ink" style="${FONT};margin:0 0 20px;font-size:20px;line-height:28px;font-weight:600;color:${LIGHT.ink};word-break:break-word">${escapeHtml(heading)}</h1>
${blocks.map(blockHtml).join('\n')}
</td></tr>
${footer ? `<tr><td align="left" class="soft" style="${SOFT};padding:16px 24px 0">${escapeHtml(footer.text)} ${anchor(footer.link)}</td></tr>` : ''}
</table>
<!--[if mso]></td></tr></table><![endif]-->
</td></tr>
</table>
</body>
</html>
`;
}

function blockHtml(block: Block): string {
  switch (block.kind) {
    case 'paragraph':
      return `<p class="ink" style="${TEXT};margin:0 0 16px">${escapeHtml(block.text)}</p>`;
    case 'lead':
      return `<p class="ink" style="${TEXT};margin:0 0 20px;font-size:18px;line-height:27px">${escapeHtml(block.text)}</p>`;
    case 'note':
      return `<p class="soft" style="${SOFT};margin:8px 0 16px;font-size:13px;line-height:19px">${escapeHtml(block.text)}</p>`;
    case 'section':
      return `<h2 class="ink" style="${FONT};margin:28px 0 12px;font-size:17px;line-height:24px;font-weight:600;color:${LIGHT.ink};word-break:break-word">${escapeHtml(block.title)}</h2>`;
    case 'facts':
      return `<table ${TABLE} width="100%" class="line" style="margin:0 0 16px;border-top:1px solid ${LIGHT.line}">
${block.facts.map(factHtml).join('\n')}
</table>`;
    case 'button':
      return buttonHtml(block.link);
    case 'item':
      return itemHtml(block);
    case 'signature':
      return `<p class="ink" style="${TEXT};margin:0 0 16px">${escapeHtml(block.closing)}${
        block.name && `<br><strong>${escapeHtml(block.name)}</strong>`
      }</p>`;
    default:
      return figuresHtml(block);
  }
}

function factHtml({ label, value }: Fact): string {
  const cell = `padding:10px 0;border-bottom:1px solid ${LIGHT.line}`;
  return `<tr><td class="soft line" valign="top" width="34%" style="${SOFT};line-height:24px;${cell};padding-right:16px">${escapeHtml(label)}</td><td class="ink line" valign="top" style="${TEXT};${cell}">${escapeHtml(value)}</td></tr>`;
}

/** Outlook knows no padding on links: there the cell has it. */
function buttonHtml({ label, url }: Link): string {
  return `<table ${TABLE} style="margin:8px 0 24px"><tr><td align="center" bgcolor="${ACCENT}" style="background-color:${ACCENT};border-radius:6px;mso-padding-alt:12px 22px"><a href="${escapeHtml(url)}" style="${FONT};display:inline-block;padding:12px 22px;font-size:16px;line-height:24px;font-weight:600;color:#ffffff;text-decoration:none">${escapeHtml(label)}</a></td></tr></table>`;
}

function itemHtml({ title, lines, link }: Extract<Block, { kind: 'item' }>): string {
  const rows = [
    `<strong class="ink" style="${TEXT}">${escapeHtml(title)}</strong>`,
    ...lines.map(escapeHtml),
    ...(link ? [anchor(link)] : []),
  ];
  return `<table ${TABLE} width="100%" style="margin:0 0 16px"><tr><td class="soft line" style="${SOFT};padding:2px 0 2px 14px;border-left:3px solid ${LIGHT.line}">${rows.join('<br>')}</td></tr></table>`;
}

const anchor = ({ label, url }: Link): string =>
  `<a class="link" href="${escapeHtml(url)}" style="color:${ACCENT};text-decoration:underline">${escapeHtml(label)}</a>`;
