import type { ReportTexts } from './reports.js';

const s = (count: number): string => (count > 1 ? 's' : '');

const LEGEND =
  'ce qui va mieux est en vert, ce qui va moins bien en rouge et en gras ; « – » : un chiffre qui n’est pas connu.';

export const reportsFr: ReportTexts = {
  editions: {
    daily: {
      subject: (day, gist) => `${day}${gist && ` : ${gist}`}`,
      heading: (day) => `Rapport du ${day}`,
      happened: (what) => `Hier, ${what}`,
      quiet: 'Journée calme hier : aucun nouvel abonnement et aucun encaissement',
      quietGist: 'journée calme',
      unknown: 'Les chiffres d’hier ne sont pas encore connus',
      reference: (weekday) => `le ${weekday} précédent`,
      noFailures: 'Aucune tâche n’a échoué ces dernières vingt-quatre heures.',
      legend: `▲ et ▼ disent l’évolution, du jour comparé jusqu’à hier ; ${LEGEND}`,
      already: (day) => `Le rapport du ${day} est déjà parti : rien n’a été renvoyé (force=true le renvoie)`,
    },
    weekly: {
      subject: (week, gist) => `Semaine du ${week}${gist && ` : ${gist}`}`,
      heading: (week) => `Rapport de la semaine du ${week}`,
      happened: (what) => `La semaine dernière, ${what}`,
      quiet: 'Semaine calme : aucun nouvel abonnement et aucun encaissement',
      quietGist: 'semaine calme',
      unknown: 'Les chiffres de la semaine dernière ne sont pas encore connus',
      reference: () => 'la semaine d’avant',
      noFailures: 'Aucune tâche n’a échoué ces sept derniers jours.',
      legend: `▲ et ▼ disent l’évolution, de la semaine comparée jusqu’à la dernière ; ${LEGEND}`,
      already: (week) =>
        `Le rapport de la semaine du ${week} est déjà parti : rien n’a été renvoyé (force=true le renvoie)`,
    },
  },
  gist: {
    subscriptions: (count) => (count > 1 ? `${count} nouveaux abonnements` : 'un nouvel abonnement'),
    leads: (count) => (count > 1 ? `${count} nouveaux leads` : 'un nouveau lead'),
    received: (amount) => `${amount} encaissés`,
    paidBack: (amount) => `${amount} de plus remboursés qu’encaissés`,
    better: (what, reference, amount) => `${what} : mieux que ${reference} (${amount}).`,
    worse: (what, reference, amount) => `${what} : moins que ${reference} (${amount}).`,
    alike: (what, reference) => `${what} : à peu près comme ${reference}.`,
    departures: (count) => (count > 1 ? `${count} clients sont partis.` : 'Un client est parti.'),
    mrr: (amount, change) => `Le MRR est de ${amount}${change && `, ${change} en une semaine`}.`,
    nothingToDo: 'Rien ne demande votre attention.',
    toDo: (count) =>
      count > 1 ? `${count} points demandent votre attention.` : 'Un point demande votre attention.',
  },
  change: {
    up: (amount) => `en hausse de ${amount}`,
    down: (amount) => `en baisse de ${amount}`,
    same: 'stable',
    points: (number) => `${number} pt`,
    better: 'mieux',
    worse: 'moins bien',
  },
  unsent: {
    pending: 'Le rapport n’est pas encore parti : il attend dans l’outbox, dont la tâche réessaie',
    sending: 'Le rapport n’est pas encore parti : un autre appel est en train de l’envoyer',
    failed:
      'Le rapport n’est pas parti : le serveur de courrier l’a refusé. Vérifiez ADMIN_EMAIL, puis renvoyez-le avec force=true',
    suppressed:
      'Le rapport n’est pas parti : ADMIN_EMAIL est dans suppressed_addresses. Supprimez-y sa ligne, puis renvoyez-le avec force=true',
    held: 'Le rapport n’est pas parti : il est retenu depuis une restauration ; « cronhook outbox release » le laisse partir',
    cancelled: 'Le rapport n’est pas parti : son message a été annulé ; force=true le renvoie',
  },
  groups: { acquisition: 'Acquisition', revenue: 'Revenus', customers: 'Clients', support: 'Support' },
  attention: {
    title: 'À regarder',
    since: (moment, duration) => `Depuis ${duration} (${moment})`,
    more: (count) => `… et ${count} autre${s(count)} point${s(count)}.`,
    lastRun: (moment) => `Dernière exécution : le ${moment}.`,
    lateDo: 'Vérifiez chez le planificateur que l’appel est actif, son URL et son secret.',
    mailsRefused: (count) => (count > 1 ? `${count} messages ont été refusés` : 'Un message a été refusé'),
    mailsRefusedDo: 'Corrigez les adresses ; « cronhook outbox retry » les renvoie.',
    mailsWaiting: (count) =>
      count > 1 ? `${count} messages attendent depuis longtemps` : 'Un message attend depuis longtemps',
    mailsWaitingDo: 'Vérifiez le serveur SMTP, et que la tâche outbox est bien appelée.',
    mailsHeld: (count) => (count > 1 ? `${count} messages sont retenus` : 'Un message est retenu'),
    mailsHeldDo: 'Après une restauration : « cronhook outbox release » les laisse partir.',
    neverVerified: 'Aucune sauvegarde n’a encore été vérifiée',
    neverVerifiedDo: 'La tâche backup-verify le fait en restaurant la dernière.',
    verifiedLongAgo: (duration) => `La dernière sauvegarde vérifiée l’a été il y a ${duration}`,
    verifiedLongAgoDo: 'Appelez la tâche backup-verify, et vérifiez qu’elle est planifiée.',
    ticketsWaiting: (count) =>
      count > 1
        ? `${count} tickets attendent une première réponse depuis plus d’un jour`
        : 'Un ticket attend une première réponse depuis plus d’un jour',
    ticketsWaitingOldest: (duration) => `Le plus ancien attend depuis ${duration}.`,
    pastDue: (count) =>
      count > 1
        ? `${count} abonnements sont en retard de paiement`
        : 'Un abonnement est en retard de paiement',
    pastDueDo: 'Un mot au client évite souvent un départ.',
    trialsEnding: (count) =>
      count > 1 ? `${count} essais se terminent d’ici trois jours` : 'Un essai se termine d’ici trois jours',
    trialsEndingDo: 'C’est le bon moment pour les appeler.',
    incomplete: 'Ce rapport est incomplet',
    incompleteDo: (parts) =>
      `Impossible de lire ${parts} : personne n’a donc regardé là. La raison est dans l’historique des tâches (« cronhook runs »).`,
    parts: {
      incidents: 'les incidents',
      monitors: 'la disponibilité',
      outbox_messages: 'les messages en attente',
      customers: 'les tickets, les retards de paiement et les essais',
      task_runs: 'les tâches et les sauvegardes',
      kpi_targets: 'les objectifs',
      charts: 'les graphiques',
      month: 'le mois',
    },
    numbersOld: 'Les chiffres n’ont pas pu être mis à jour',
    numbersOldDo:
      'Ils peuvent être anciens ou incomplets. La raison est dans l’historique des tâches (« cronhook runs »).',
  },
  watch: {
    title: 'Disponibilité et incidents',
    uptime: (when, share, monitors) =>
      monitors > 1
        ? `Disponibilité, ${when} : ${share} en moyenne sur ${monitors} services surveillés.`
        : `Disponibilité du service surveillé, ${when} : ${share}.`,
    wasDown: (share, duration) => `${share} : interrompu pendant ${duration}`,
    ended: (moment, duration) => `Le ${moment}, pendant ${duration}`,
    moreMonitors: (count) => `… et ${count} autre${s(count)} service${s(count)} interrompu${s(count)}.`,
    moreIncidents: (count) => `… et ${count} autre${s(count)} incident${s(count)}.`,
    unusual: 'Exécutions inhabituelles',
    longer: (moment, duration, usual) => `Le ${moment} : ${duration}, contre ${usual} d’habitude`,
    shorter: (moment, duration, usual) => `Le ${moment} : ${duration} seulement, contre ${usual} d’habitude`,
    emptier: (moment, names) =>
      `Le ${moment} : bien moins que jamais ces derniers temps (${names}) ; vérifiez sa source`,
    moreUnusual: (count) => `… et ${count} autre${s(count)} tâche${s(count)}.`,
  },
  operations: {
    title: 'Tâches et sauvegardes',
    failures: (count) => (count > 1 ? `${count} échecs` : 'Un échec'),
    recovered: 'rétablie depuis',
    stillFailing: 'pas encore rétablie',
    lastMessage: (message) => `Dernier message : ${message}`,
    more: (count) => `… et ${count} autre${s(count)} tâche${s(count)} en échec.`,
    verified: (moment, duration) => `Dernière sauvegarde vérifiée : le ${moment} (il y a ${duration}).`,
    verifiedNever: 'Dernière sauvegarde vérifiée : aucune.',
    backedUp: (moment) => `Dernière sauvegarde : le ${moment}.`,
  },
  goals: {
    week: 'Objectifs de la semaine',
    month: (month) => `Objectifs de ${month}`,
    atLeast: (target) => `sur ${target}`,
    atMost: (target) => `pour ${target} au plus`,
    unknown: 'Le résultat n’est pas encore connu',
    reached: 'Objectif atteint',
    kept: 'Objectif tenu',
    missed: 'Objectif dépassé',
    progress: (percent) => `${percent} de l’objectif`,
    more: (count) => `… et ${count} autre${s(count)} objectif${s(count)}.`,
  },
  month: {
    title: (month) => `Le mois de ${month}`,
    soFar: (month) => `Le mois de ${month}, jusqu’ici`,
    soFarColumn: 'à ce jour',
    note: 'Le mois n’est pas fini : il est mis à côté du mois précédent entier, sans évolution.',
  },
  charts: {
    leads: 'Nouveaux leads par semaine',
    revenue: 'Encaissements nets par semaine',
    bridge: 'Le MRR, du début à la fin de la semaine',
    customers: 'Clients payants à la fin de chaque semaine',
    churn: 'Taux d’attrition par semaine',
    axisFrom: (start) => `l’axe commence à ${start}`,
    weekly: (first, values) => `depuis la semaine du ${first} : ${values}`,
    steps: {
      start: 'Début',
      new: 'Nouveaux',
      expansion: 'Expansion',
      reactivation: 'Retours',
      contraction: 'Contraction',
      churn: 'Départs',
      end: 'Fin',
    },
  },
};
