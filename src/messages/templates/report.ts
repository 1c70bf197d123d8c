import { type Block, type ComposedMail, composeMail, type Look, paragraph } from '../layout.js';
import { plainLine } from '../layout-clean.js';
import type { FigureRow, GoalRow, Picture } from '../layout-figures.js';

interface FigureTable {
  columns: string[];
  rows: FigureRow[];
}

export interface Goals {
  rows: GoalRow[];
  /** How many are not shown. */
  more: number;
}

/** The first ones of something, and how many there are. */
export interface Items {
  items: { title: string; lines: string[] }[];
  count: number;
}

/** How what is watched fared; undefined where nobody could look. */
export interface Watch {
  /** The summary is empty where nothing was measured. */
  availability: (Items & { summary: string }) | undefined;
  incidents: Items | undefined;
  unusual: Items | undefined;
}

/** A report as its mail tells it: all texts are written, all numbers formatted. */
export interface Report {
  subject: string;
  heading: string;
  lead: string;
  attention: { points: Items['items']; count: number };
  goals: Goals;
  groups: { title: string; figures: FigureTable; pictures: Picture[] }[];
  /** Stands where a month ends. */
  month:
    | { title: string; note: string | undefined; figures: FigureTable; goalsTitle: string; goals: Goals }
    | undefined;
  watch: Watch;
  /** Undefined where nobody could look. */
  failures: Items | undefined;
  noFailures: string;
  backups: string[];
  legend: string;
}

/** Some mail programs show about a hundred kilobytes; others' text has no bound of its own. */
const LONGEST_TITLE = 120;
const LONGEST_LINE = 300;

/** To the founder: what needs attention first, then the numbers, then how the service itself fares. */
export function reportMail(report: Report, look: Look): ComposedMail {
  const words = look.messages.reports;
  const blocks: Block[] = [
    { kind: 'lead', text: report.lead },
    ...under(
      words.attention.title,
      items({ items: report.attention.points, count: report.attention.count }, words.attention.more),
    ),
    ...under(words.goals.week, goals(report.goals, look)),
    ...report.groups.flatMap(({ title, figures, pictures }) =>
      under(title, [
        ...table(figures),
        ...pictures.map((picture) => ({ kind: 'picture' as const, ...picture })),
      ]),
    ),
    ...month(report.month, look),
    { kind: 'note', text: report.legend },
    ...under(words.watch.title, [
      ...availability(report.watch, look),
      ...(report.watch.incidents ? items(report.watch.incidents, words.watch.moreIncidents) : []),
    ]),
    ...under(words.operations.title, [
      ...(report.failures ? failures(report.failures, report.noFailures, look) : []),
      ...report.backups.map(paragraph),
    ]),
    ...under(
      words.watch.unusual,
      report.watch.unusual ? items(report.watch.unusual, words.watch.moreUnusual) : [],
    ),
  ];
  return composeMail({ subject: report.subject, heading: report.heading, blocks }, look);
}

/** No heading stands over nothing. */
const under = (title: string, blocks: Block[]): Block[] =>
  blocks.length > 0 ? [{ kind: 'section', title }, ...blocks] : [];

function items({ items: shown, count }: Items, more: (hidden: number) => string): Block[] {
  const blocks = shown.map(({ title, lines }): Block => {
    const short = {
      title: plainLine(title, LONGEST_TITLE),
      lines: lines.map((line) => plainLine(line, LONGEST_LINE)),
    };
    return { kind: 'item', ...short, link: undefined };
  });
  return count > shown.length ? [...blocks, paragraph(more(count - shown.length))] : blocks;
}

function availability({ availability: found }: Watch, { messages }: Look): Block[] {
  if (!found?.summary) return [];
  return [paragraph(found.summary), ...items(found, messages.reports.watch.moreMonitors)];
}

const failures = (failed: Items, none: string, { messages }: Look): Block[] =>
  failed.count > 0 ? items(failed, messages.reports.operations.more) : [paragraph(none)];

function goals({ rows, more }: Goals, { messages }: Look): Block[] {
  if (rows.length === 0) return [];
  const rest = more > 0 ? [paragraph(messages.reports.goals.more(more))] : [];
  return [{ kind: 'goals', rows }, ...rest];
}

const table = (figures: FigureTable): Block[] =>
  figures.rows.length > 0 ? [{ kind: 'figures', ...figures }] : [];

function month(report: Report['month'], look: Look): Block[] {
  if (!report) return [];
  const { title, note, figures, goalsTitle } = report;
  const known = table(figures);
  return [
    ...under(title, known.length > 0 && note ? [...known, { kind: 'note', text: note }] : known),
    ...under(goalsTitle, goals(report.goals, look)),
  ];
}
