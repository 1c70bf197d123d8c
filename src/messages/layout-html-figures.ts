import type { Change, FigureBlock, FigureCell, FigureRow, GoalRow, Mood } from './layout-figures.js';
import { escapeHtml, FONT, LIGHT, SOFT, TABLE, TEXT } from './layout-style.js';

/** Both can be read on the card, in light and in dark. */
const LIGHT_MOOD = { good: '#17693a', bad: '#b3261e', neutral: LIGHT.soft };
const DARK_MOOD = { good: '#7fd99b', bad: '#ffb4ab' };

export const DARK_FIGURES = `.good{color:${DARK_MOOD.good}!important}
.bad{color:${DARK_MOOD.bad}!important}
`;

/** Of a whole table: said in each cell, a report would outgrow what some mail programs show. */
const SMALL = `${FONT};font-size:14px;line-height:21px;color:${LIGHT.soft}`;

/** Outlook’s cells take no font from their table; four columns have little room on a phone. */
export const FIGURE_STYLES = `.figure,.goal{${FONT};font-size:14px;line-height:21px}
@media (max-width:480px){.figure{font-size:13px!important;padding-left:6px!important}
.card{padding-left:16px!important;padding-right:16px!important}}`;

const BAR = { good: '#2f9e5b', bad: '#d0574d', neutral: '#8a94a3' };

export function figuresHtml(block: FigureBlock): string {
  switch (block.kind) {
    case 'figures':
      return tableOf(block.columns, block.rows);
    case 'goals':
      return `<table ${TABLE} width="100%" style="${SMALL};word-break:break-word;margin:0 0 4px">
${block.rows.map(goalHtml).join('\n')}
</table>`;
    case 'picture': {
      const { caption, alt, cid, widthPx, heightPx } = block;
      return `<p class="ink" style="${TEXT};margin:16px 0 6px;font-size:14px;line-height:20px;font-weight:600">${escapeHtml(caption)}</p>
<img src="cid:${escapeHtml(cid)}" width="${widthPx}" height="${heightPx}" alt="${escapeHtml(alt)}" style="${SOFT};display:block;width:100%;max-width:${widthPx}px;height:auto;margin:0 0 16px;border:0;border-radius:6px">`;
    }
  }
}

/** The one table that is a table to a screen reader too. */
function tableOf(columns: string[], rows: FigureRow[]): string {
  const width = Math.floor(OTHERS_PERCENT / columns.length);
  const heads = columns.map(
    (column) =>
      `<th scope="col" width="${width}%" class="soft line figure" style="${CELL};font-weight:400">${escapeHtml(column)}</th>`,
  );
  return `<table cellpadding="0" cellspacing="0" border="0" width="100%" style="${SMALL};margin:0 0 16px">
<tr align="right" valign="bottom"><td class="line" style="border-bottom:1px solid ${LIGHT.line}"></td>${heads.join('')}</tr>
${rows.map(rowHtml).join('\n')}
</table>`;
}

/** What the labels leave, the same in all tables of a mail. */
const OTHERS_PERCENT = 63;

const CELL = `padding:8px 0 8px 12px;border-bottom:1px solid ${LIGHT.line}`;

function rowHtml({ label, cells }: FigureRow): string {
  return `<tr align="right" valign="top"><th scope="row" align="left" class="ink line figure" style="${CELL};padding-left:0!important;color:${LIGHT.ink};font-weight:400;word-break:break-word">${escapeHtml(label)}</th>${cells.map(cellHtml).join('')}</tr>`;
}

function cellHtml({ value, change }: FigureCell, column: number): string {
  const own = column === 0 ? `;color:${LIGHT.ink};font-weight:600` : '';
  return `<td class="${column === 0 ? 'ink' : 'soft'} line figure" style="${CELL}${own}">${escapeHtml(value)}${change ? `<br>${changeHtml(change)}` : ''}</td>`;
}

/** Colour is never alone: what is worse is bold too. */
const changeHtml = ({ text, spoken, mood }: Change): string =>
  `<span role="img" aria-label="${escapeHtml(spoken)}" class="${classOf(mood)}" style="color:${LIGHT_MOOD[mood]};white-space:nowrap${mood === 'bad' ? ';font-weight:700' : ''}">${escapeHtml(text)}</span>`;

const classOf = (mood: Mood): string => (mood === 'neutral' ? 'soft' : mood);

function goalHtml({ label, result, target, share, verdict, mood }: GoalRow): string {
  const weight = mood === 'bad' ? ';font-weight:700' : '';
  return `<tr valign="bottom"><td class="ink goal" style="color:${LIGHT.ink}">${escapeHtml(label)}</td><td class="soft goal" align="right" style="padding-left:12px"><strong class="ink" style="color:${LIGHT.ink};font-weight:600">${escapeHtml(result)}</strong> ${escapeHtml(target)}</td></tr>
${share === undefined ? '' : `<tr><td colspan="2" style="padding:4px 0">${barHtml(share, mood)}</td></tr>\n`}<tr><td colspan="2" class="${classOf(mood)} goal" style="font-size:13px;line-height:19px;padding-bottom:14px;color:${LIGHT_MOOD[mood]}${weight}">${escapeHtml(verdict)}</td></tr>`;
}

/** Two cells: every mail program draws them. */
function barHtml(share: number, mood: Mood): string {
  const percent = Math.round(Math.min(Math.max(share, 0), 1) * 100);
  const part = (width: number, colour: string) =>
    width === 0
      ? ''
      : `<td width="${width}%" height="8" bgcolor="${colour}" style="height:8px;font-size:0;line-height:8px;background-color:${colour}"></td>`;
  return `<table ${TABLE} width="100%"><tr>${part(percent, BAR[mood])}${part(100 - percent, LIGHT.line)}</tr></table>`;
}
