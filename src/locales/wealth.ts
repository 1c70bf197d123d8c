/** What the recalculation of wealth tells: mostly what to correct in a profile. */
export interface WealthTexts {
  unknownProfile(id: string): string;
  /** Its old totals stay; `more` problems are not shown. */
  invalid(problems: string[], more: number): string;
  busy: string;
  refused(code: string): string;
  entry(list: string, position: number, problem: string): string;
  notAList(list: string): string;
  notAnObject: string;
  missing(field: string): string;
  notANumber(field: string): string;
  negative(field: string): string;
  tooLarge(field: string): string;
  rate(field: string): string;
  duration(field: string): string;
  month(field: string): string;
  hasCredit: string;
  creditUnsaid(field: string): string;
  noPrice(symbol: string): string;
  totalTooLarge(column: string): string;
}

export const wealthFr: WealthTexts = {
  unknownProfile: (id) => `Aucun profil ${id} dans investor_profiles : vérifiez le paramètre profile`,
  invalid: (problems, more) =>
    `Anciens totaux conservés. ${problems.join(' ; ')}${more > 0 ? ` ; et ${more} de plus` : ''}`,
  busy: 'Profil en cours de modification par l’application : recalcul au prochain appel',
  refused: (code) =>
    `La base de données refuse les totaux de ce profil (${code}) : vérifiez les contraintes et déclencheurs de investor_profiles`,
  entry: (list, position, problem) => `${list}, élément ${position} : ${problem}`,
  notAList: (list) => `${list} : attendu une liste [ … ]`,
  notAnObject: 'attendu un objet { … }',
  missing: (field) => `${field} manque`,
  notANumber: (field) => `${field} : attendu un nombre comme 1234.56`,
  negative: (field) => `${field} est négatif`,
  tooLarge: (field) => `${field} est trop grand (plus de 16 chiffres)`,
  rate: (field) => `${field} : attendu un taux de 0 à 100 % par an`,
  duration: (field) => `${field} : attendu une durée en années, de mois entiers, jusqu’à 100 ans`,
  month: (field) => `${field} : attendu un mois AAAA-MM, ou un jour AAAA-MM-JJ`,
  hasCredit: 'has_credit : attendu true ou false',
  creditUnsaid: (field) => `has_credit manque (true ou false), alors que ${field} est rempli`,
  noPrice: (symbol) => `aucun prix pour ${symbol} : corrigez symbol, ou suivez cette monnaie (crypto_assets)`,
  totalTooLarge: (column) => `${column} dépasserait 14 chiffres : vérifiez les montants`,
};

export const wealthEn: WealthTexts = {
  unknownProfile: (id) => `No profile ${id} in investor_profiles: check the parameter profile`,
  invalid: (problems, more) =>
    `Old totals kept. ${problems.join('; ')}${more > 0 ? `; and ${more} more` : ''}`,
  busy: 'The application is changing this profile: calculated again at the next call',
  refused: (code) =>
    `The database refuses the totals of this profile (${code}): check the constraints and triggers of investor_profiles`,
  entry: (list, position, problem) => `${list}, item ${position}: ${problem}`,
  notAList: (list) => `${list}: expected a list [ … ]`,
  notAnObject: 'expected an object { … }',
  missing: (field) => `${field} is missing`,
  notANumber: (field) => `${field}: expected a number like 1234.56`,
  negative: (field) => `${field} is negative`,
  tooLarge: (field) => `${field} is too large (more than 16 digits)`,
  rate: (field) => `${field}: expected a rate from 0 to 100 % a year`,
  duration: (field) => `${field}: expected a duration in years, of whole months, up to 100 years`,
  month: (field) => `${field}: expected a month YYYY-MM, or a day YYYY-MM-DD`,
  hasCredit: 'has_credit: expected true or false',
  creditUnsaid: (field) => `has_credit is missing (true or false), although ${field} is filled in`,
  noPrice: (symbol) => `no price for ${symbol}: correct symbol, or track this coin (crypto_assets)`,
  totalTooLarge: (column) => `${column} would have more than 14 digits: check the amounts`,
};
