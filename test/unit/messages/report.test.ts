import { describe, expect, test } from 'vitest';
import { LOCALES } from '../../../src/locales/index.js';
import { type Report, reportMail } from '../../../src/messages/templates/report.js';
import { linksIn, lookIn, shownIn, spaced, tagsIn } from './look.js';

/** Everything that a report may hold; other people's text stands wherever it may. */
function report(text: string, rest: Partial<Report> = {}): Report {
  const change = { text: '▲ 20 %', spoken: 'en hausse de 20 %, mieux', mood: 'good' as const };
  const worse = { text: '▼ 5 %', spoken: 'en baisse de 5 %, moins bien', mood: 'bad' as const };
  const figures = {
    columns: ['sam. 21', 'ven. 20', 'sam. 14'],
    rows: [
      { label: 'Nouveaux leads', cells: [{ value: '12' }, { value: '10', change }, { value: '–' }] },
      { label: 'MRR', cells: [{ value: '95 €' }, { value: '100 €', change: worse }, { value: '95 €' }] },
    ],
  };
  const goal = {
    label: 'Clients',
    result: '45',
    target: 'sur 60',
    share: 0.75,
    verdict: '75 % de l’objectif',
  };
  const picture = {
    caption: 'Leads par semaine',
    alt: '10, 12, 14',
    cid: 'leads',
    widthPx: 552,
    heightPx: 240,
  };
  return {
    subject: text,
    heading: 'Rapport',
    lead: 'Hier, 412 € encaissés.',
    attention: { points: [{ title: text, lines: [text] }], count: 1 },
    goals: { rows: [{ ...goal, mood: 'neutral' }], more: 0 },
    groups: [{ title: 'Acquisition', figures, pictures: [picture] }],
    month: {
      title: 'Novembre',
      note: 'Pas fini.',
      figures,
      goalsTitle: 'Objectifs',
      goals: { rows: [{ ...goal, mood: 'bad' }], more: 0 },
    },
    watch: {
      availability: {
        summary: 'Disponibilité : 99,80 %.',
        items: [{ title: text, lines: ['interrompu pendant 3 min'] }],
        count: 2,
      },
      incidents: { items: [{ title: text, lines: ['pendant 3 min'] }], count: 7 },
      unusual: { items: [{ title: 'inbox-sync', lines: ['zéro'] }], count: 1 },
    },
    failures: { items: [{ title: 'backup', lines: [text] }], count: 1 },
    noFailures: 'Rien.',
    backups: ['Dernière sauvegarde : aucune.'],
    legend: 'Légende.',
    ...rest,
  };
}

describe.each(LOCALES)('a report (%s)', (locale) => {
  const { html, text } = reportMail(report('Camille'), lookIn(locale));

  test('says in its text what its HTML shows, changes in words', () => {
    const said = spaced(text);
    for (const piece of shownIn(html).filter((shown) => !/^[▲▼]/.test(shown) && shown !== 'sam. 21'))
      expect(said).toContain(piece);
    expect(said).toContain('en hausse de 20 %, mieux');
    expect(said).toContain('10, 12, 14');
    const lines = text.split('\n');
    expect(lines.filter((line) => line.length > 72)).toEqual([]);
  });

  test('has its numbers in tables that are tables to a screen reader, with the heads of rows and columns', () => {
    const tables = html.match(/<table(?! role="presentation")/g);
    expect(tables).toHaveLength(2);
    expect(html.match(/<th scope="col"/g)).toHaveLength(6);
    expect(html.match(/<th scope="row"/g)).toHaveLength(4);
  });

  test('says a change in words and by its arrow; what is worse is bold, not only red', () => {
    expect(html).toContain('role="img" aria-label="en hausse de 20 %, mieux" class="good"');
    expect(html).toMatch(
      /aria-label="en baisse de 5 %, moins bien" class="bad" style="[^"]*font-weight:700"/,
    );
    expect(html).not.toMatch(/class="good" style="[^"]*font-weight/);
  });

  test('shows pictures that it carries, with their sizes and words, and loads nothing', () => {
    expect(html).toMatch(/<img src="cid:leads" width="552" height="240" alt="10, 12, 14"/);
    expect(html).not.toMatch(/https?:|url\(|@import/);
    expect(linksIn(html)).toEqual([]);
  });

  test('never takes somebody else’s text for markup', () => {
    const HOSTILE = `</td><script>alert("1")</script><img src="cid:x" onload='x'>`;
    const hostile = reportMail(report(HOSTILE), lookIn(locale));
    expect(tagsIn(hostile.html)).toEqual(tagsIn(html));
    expect(shownIn(hostile.html).join(' ')).toContain(HOSTILE);
  });
});

describe('a report', () => {
  const quiet = report('x', {
    attention: { points: [], count: 0 },
    goals: { rows: [], more: 0 },
    groups: [],
    month: undefined,
    watch: { availability: undefined, incidents: { items: [], count: 0 }, unusual: { items: [], count: 0 } },
    failures: { items: [], count: 0 },
  });

  test('has no heading over nothing', () => {
    const { text } = reportMail(quiet, lookIn('fr'));
    expect(spaced(text)).toBe(
      'Rapport Hier, 412 € encaissés. Légende. Tâches et sauvegardes --------------------- Rien. Dernière sauvegarde : aucune. ',
    );
  });

  test('counts the points, targets and failures that it does not show', () => {
    const some = [{ title: 'Ceci.', lines: [] }];
    const { rows } = report('x').goals;
    const more = {
      attention: { points: some, count: 3 },
      goals: { rows, more: 1 },
      watch: {
        availability: { summary: 'Presque.', items: some, count: 3 },
        incidents: { items: some, count: 2 },
        unusual: { items: some, count: 2 },
      },
    };
    const text = spaced(
      reportMail({ ...quiet, ...more, failures: { items: some, count: 4 } }, lookIn('fr')).text,
    );
    expect(text).toContain('Ceci. … et 2 autres points.');
    expect(text).toContain('75 % de l’objectif … et 1 autre objectif.');
    expect(text).toContain('Ceci. … et 3 autres tâches en échec.');
    expect(text).toContain('Presque. - Ceci. … et 2 autres services interrompus.');
    expect(text).toContain('Ceci. … et 1 autre incident.');
    expect(text).toContain('Ceci. … et 1 autre tâche.');
  });

  test('says nothing of failures where nobody could look', () => {
    const { text } = reportMail({ ...quiet, failures: undefined }, lookIn('fr'));
    expect(text).not.toContain('Rien.');
  });

  test('cuts what others wrote', () => {
    const { html } = reportMail(report('é'.repeat(5_000)), lookIn('fr'));
    expect(Buffer.byteLength(html)).toBeLessThan(20_000);
  });

  test('has a bar as long as what is reached', () => {
    const { html } = reportMail(report('x'), lookIn('fr'));
    expect(html).toMatch(/<td width="75%"[^>]*><\/td><td width="25%"/);
  });
});
