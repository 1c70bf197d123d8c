import { type Block, type ComposedMail, composeMail, type Look, paragraph } from '../layout.js';
import type { FigureRow, GoalRow, Picture } from '../layout-figures.js';

interface FigureTable {
  columns: string[];
  rows: FigureRow[];
}

/** A report as its mail tells it: all texts are written, all numbers formatted. */
export interface Report {
  subject: string;
  heading: string;
  lead: string;
  attention: { title: string; lines: string[] }[];
  goals: GoalRow[];
  groups: { title: string; figures: FigureTable; pictures: Picture[] }[];
  /** Stands where a month ends. */
  month:
    | { title: string; note: string | undefined; figures: FigureTable; goalsTitle: string; goals: GoalRow[] }
    | undefined;
  failures: { title: string; lines: string[] }[];
  noFailures: string;
  backups: string[];
  legend: string;
}

const MOST_POINTS = 10;

/** To the founder: what needs attention first, then the numbers, then how the service itself fares. */
export function reportMail(report: Report, look: Look): ComposedMail {
  const words = look.messages.reports;
  const hidden = report.attention.length - MOST_POINTS;
  const blocks: Block[] = [
    { kind: 'lead', text: report.lead },
    ...under(words.attention.title, [
      ...report.attention.slice(0, MOST_POINTS).map(item),
      ...(hidden > 0 ? [paragraph(words.attention.more(hidden))] : []),
    ]),
    ...under(words.goals.week, goals(report.goals)),
    ...report.groups.flatMap(({ title, figures, pictures }) =>
      under(title, [
        ...table(figures),
        ...pictures.map((picture) => ({ kind: 'picture' as const, ...picture })),
      ]),
    ),
    ...month(report.month),
    { kind: 'note', text: report.legend },
    ...under(words.operations.title, [
      ...(report.failures.length > 0 ? report.failures.map(item) : [paragraph(report.noFailures)]),
      ...report.backups.map(paragraph),
    ]),
  ];
  return composeMail({ subject: report.subject, heading: report.heading, blocks }, look);
}

/** No heading stands over nothing. */
const under = (title: string, blocks: Block[]): Block[] =>
  blocks.length > 0 ? [{ kind: 'section', title }, ...blocks] : [];

const item = ({ title, lines }: { title: string; lines: string[] }): Block => ({
  kind: 'item',
  title,
  lines,
  link: undefined,
});

const goals = (rows: GoalRow[]): Block[] => (rows.length > 0 ? [{ kind: 'goals', rows }] : []);

const table = (figures: FigureTable): Block[] =>
  figures.rows.length > 0 ? [{ kind: 'figures', ...figures }] : [];

function month(report: Report['month']): Block[] {
  if (!report) return [];
  const { title, note, figures, goalsTitle } = report;
  const known = table(figures);
  return [
    ...under(title, known.length > 0 && note ? [...known, { kind: 'note', text: note }] : known),
    ...under(goalsTitle, goals(report.goals)),
  ];
}
