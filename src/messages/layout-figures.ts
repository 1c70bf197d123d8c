/** How a figure has moved: for the better, for the worse, or neither. */
export type Mood = 'good' | 'bad' | 'neutral';

export interface Change {
  /** `▲ 20 %` */
  text: string;
  /** The same in words, for those who do not see arrows. */
  spoken: string;
  mood: Mood;
}

export interface FigureCell {
  value: string;
  change?: Change | undefined;
}

export interface FigureRow {
  label: string;
  /** One for each column. */
  cells: FigureCell[];
}

/** A result against what it should be. */
export interface GoalRow {
  label: string;
  result: string;
  target: string;
  /** How far the result has come, from 0 on; without it there is no bar. */
  share: number | undefined;
  verdict: string;
  mood: Mood;
}

/** A picture that the mail carries. */
export interface Picture {
  caption: string;
  /** What it shows, numbers included. */
  alt: string;
  /** Names the attachment. */
  cid: string;
  widthPx: number;
  heightPx: number;
}

export type FigureBlock =
  | { kind: 'figures'; columns: string[]; rows: FigureRow[] }
  | { kind: 'goals'; rows: GoalRow[] }
  | ({ kind: 'picture' } & Picture);

/** None when nothing of it is left to show. */
export function cleanFigures(block: FigureBlock, clean: (text: string) => string): FigureBlock[] {
  switch (block.kind) {
    case 'figures': {
      if (block.rows.length === 0) return [];
      return [
        { ...block, columns: block.columns.map(clean), rows: block.rows.map((row) => cleanRow(row, clean)) },
      ];
    }
    case 'goals': {
      const texts = ({ label, result, target, verdict }: GoalRow) => ({
        label: clean(label),
        result: clean(result),
        target: clean(target),
        verdict: clean(verdict),
      });
      return block.rows.length > 0
        ? [{ ...block, rows: block.rows.map((row) => ({ ...row, ...texts(row) })) }]
        : [];
    }
    case 'picture':
      return [{ ...block, caption: clean(block.caption), alt: clean(block.alt) }];
  }
}

const cleanRow = ({ label, cells }: FigureRow, clean: (text: string) => string): FigureRow => ({
  label: clean(label),
  cells: cells.map(({ value, change }) => ({
    value: clean(value),
    change: change && { ...change, text: clean(change.text), spoken: clean(change.spoken) },
  })),
});
