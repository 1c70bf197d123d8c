/** What is wrong with a table, or with the view that the team's application has put in its place. */
export interface TableTexts {
  missing(table: string): string;
  denied(table: string): string;
  /** `code` is PostgreSQL's. */
  refuses(tables: string[], code: string): string;
  /** Messages that wait until the problem is solved. */
  waiting(problem: string, count: number): string;
}

const fullName = (table: string) => `cronhook.${table}`;
const fr = new Intl.ListFormat('fr', { type: 'disjunction' });
const en = new Intl.ListFormat('en', { type: 'disjunction' });

export const tablesFr: TableTexts = {
  missing: (table) =>
    `La table ${fullName(table)} est introuvable : rétablissez-la, ou la vue qui la remplace`,
  denied: (table) =>
    `L’utilisateur de DATABASE_URL n’a pas les droits nécessaires sur la table ${fullName(table)} : accordez-les-lui`,
  refuses: (tables, code) =>
    `PostgreSQL refuse ce que le service demande à ${fr.format(tables.map(fullName))} (code ${code}) : rétablissez les colonnes d’origine ; le journal du service en dit plus`,
  waiting: (problem, count) =>
    `${problem}. En attendant, ${count > 1 ? `${count} messages restent en attente` : '1 message reste en attente'} et rien n’est perdu`,
};

export const tablesEn: TableTexts = {
  missing: (table) =>
    `The table ${fullName(table)} cannot be found: restore it, or the view that stands in its place`,
  denied: (table) => `The user of DATABASE_URL lacks rights on the table ${fullName(table)}: grant them`,
  refuses: (tables, code) =>
    `PostgreSQL refuses what the service asks of ${en.format(tables.map(fullName))} (code ${code}): restore the columns it had; the service's log says more`,
  waiting: (problem, count) =>
    `${problem}. Until then ${count > 1 ? `${count} messages wait` : '1 message waits'} and nothing is lost`,
};
