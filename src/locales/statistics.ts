/** What may go wrong with the business itself. */
export type BusinessCause = 'no-leads' | 'payment-failures' | 'cancellations';

/** What the statistics tell: of views that cannot be refreshed, of requests, of a business that goes wrong. */
export interface StatisticsTexts {
  notBridged: string;
  noView(name: string): string;
  viewWithoutKey(name: string): string;
  viewFailed(name: string): string;
  viewSlow(name: string): string;
  fromAfterTo: string;
  tooManyPoints(most: number): string;
  /** Names of views, as the setting takes them. */
  views: string;
  alerts: Record<BusinessCause, { title: string; text(facts: AlertFacts): string; advice: string }>;
}

export interface AlertFacts {
  count: string;
  of: string;
  share: string;
  since: string;
}

export const statisticsFr: StatisticsTexts = {
  notBridged:
    'Les mouvements du MRR de ce jour ne mènent pas de son début à sa fin : rien n’en a été écrit ; vérifiez les lignes de subscriptions modifiées récemment',
  noView: (name) =>
    `${name} n’est pas une vue matérialisée de cette base : corrigez le réglage refresh_views (schema.nom)`,
  viewWithoutKey: (name) =>
    `${name} n’a pas d’index unique (sans condition, sur des colonnes) : créez-en un, PostgreSQL l’exige pour rafraîchir une vue pendant qu’on la lit`,
  viewFailed: (name) =>
    `PostgreSQL n’a pas pu rafraîchir ${name} : essayez « refresh materialized view concurrently ${name} » avec le même utilisateur, il dira pourquoi`,
  viewSlow: (name) =>
    `Rafraîchir ${name} a pris plus que le temps d’une exécution et a été annulé : simplifiez la vue, ou rafraîchissez-la ailleurs`,
  fromAfterTo: 'from vient après to',
  tooManyPoints: (most) =>
    `Plus de ${most} points : rapprochez from et to, ou prenez une période plus longue`,
  views: 'attendu des noms de vues séparés par des virgules (schema.nom)',
  alerts: {
    'no-leads': {
      title: 'Aucun nouveau prospect depuis 24 heures',
      text: ({ since }) => `Le dernier prospect est arrivé le ${since}. Depuis, plus rien.`,
      advice:
        'Vérifiez le formulaire d’inscription, la page d’accueil et les campagnes en cours : un lien cassé se voit d’abord ici.',
    },
    'payment-failures': {
      title: 'Beaucoup de paiements échouent',
      text: ({ count, of, share }) =>
        `Ces sept derniers jours, ${count} paiements sur ${of} ont échoué, soit ${share}.`,
      advice:
        'Regardez les motifs de refus chez votre prestataire de paiement : une panne touche tout le monde, des cartes expirées quelques clients seulement.',
    },
    cancellations: {
      title: 'Beaucoup de clients résilient',
      text: ({ count, of, share }) =>
        `Des ${of} clients d’il y a une semaine, ${count} sont partis, soit ${share}.`,
      advice: 'Appelez-en quelques-uns : ce qu’ils vous diront vaut mieux que toutes les courbes.',
    },
  },
};

export const statisticsEn: StatisticsTexts = {
  notBridged:
    'The MRR movements of this day do not lead from its start to its end: nothing of it was written; check the rows of subscriptions changed recently',
  noView: (name) =>
    `${name} is no materialised view of this database: correct the setting refresh_views (schema.name)`,
  viewWithoutKey: (name) =>
    `${name} has no unique index (without a condition, on columns): create one, PostgreSQL needs it to refresh a view while it is read`,
  viewFailed: (name) =>
    `PostgreSQL could not refresh ${name}: try "refresh materialized view concurrently ${name}" as the same user, it will say why`,
  viewSlow: (name) =>
    `Refreshing ${name} took more than the time of a run and was cancelled: simplify the view, or refresh it elsewhere`,
  fromAfterTo: 'from comes after to',
  tooManyPoints: (most) =>
    `More than ${most} points: bring from and to closer together, or take a longer period`,
  views: 'expected names of views separated by commas (schema.name)',
  alerts: {
    'no-leads': {
      title: 'No new lead for 24 hours',
      text: ({ since }) => `The last lead came on ${since}. Nothing since then.`,
      advice:
        'Check the sign-up form, the home page and running campaigns: a broken link shows here before anywhere else.',
    },
    'payment-failures': {
      title: 'Many payments fail',
      text: ({ count, of, share }) =>
        `In the last seven days ${count} of ${of} payments have failed: ${share}.`,
      advice:
        'Look at the reasons that your payment provider gives: an outage hits everybody, expired cards only some customers.',
    },
    cancellations: {
      title: 'Many customers cancel',
      text: ({ count, of, share }) => `Of the ${of} customers of a week ago ${count} have left: ${share}.`,
      advice: 'Call some of them: what they tell you is worth more than any chart.',
    },
  },
};
