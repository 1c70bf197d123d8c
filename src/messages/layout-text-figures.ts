import type { MailTexts } from '../locales/mails.js';
import type { FigureBlock, FigureRow, GoalRow } from './layout-figures.js';
import { wrap } from './layout-wrap.js';

export function figuresText(block: FigureBlock, texts: MailTexts): string {
  switch (block.kind) {
    case 'figures':
      return block.rows.map((row) => rowText(row, block.columns, texts)).join('\n');
    case 'goals':
      return block.rows.map((row) => goalText(row, texts)).join('\n');
    case 'picture':
      return wrap(texts.fact(block.caption, block.alt), '  ');
  }
}

/** The first column is what the row is about; the others are what it is compared with. */
function rowText({ label, cells }: FigureRow, columns: string[], texts: MailTexts): string {
  const [own, ...others] = cells;
  const compared = others.map(({ value, change }, index) => {
    const said = texts.fact(columns[index + 1] ?? '', value);
    return change ? `${said} (${change.spoken})` : said;
  });
  const first = wrap(`- ${texts.fact(label, own?.value ?? '')}`, '  ');
  return [first, ...compared.map((line) => `  ${wrap(line, '  ')}`)].join('\n');
}

const goalText = ({ label, result, target, verdict }: GoalRow, texts: MailTexts): string =>
  [wrap(`- ${texts.fact(label, `${result} ${target}`)}`, '  '), `  ${wrap(verdict, '  ')}`].join('\n');
