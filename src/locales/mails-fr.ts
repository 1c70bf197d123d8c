import type { MailTexts } from './mails.js';

const s = (count: number): string => (count > 1 ? 's' : '');
const numbered = (name: string, number: string): string => (number ? `${name} n°\u00a0${number}` : name);
const invoice = (number: string): string => numbered('facture', number);
const quote = (number: string): string => numbered('devis', number);
const fallenDue = (due: string): string => (due ? `, échue le ${due},` : '');

/** An address that is unsubscribed gets nothing more, whoever writes. */
const from = (sender: string): string =>
  sender ? `de ${sender}, ni des autres expéditeurs de ce service` : 'de notre part';

const PAID_MEANWHILE =
  'Si votre règlement est parti entre-temps, ce message est sans objet : merci de ne pas en tenir compte.';
const ANSWERED_MEANWHILE =
  'Si vous nous avez répondu entre-temps, ce message est sans objet : merci de ne pas en tenir compte.';

export const mailsFr: MailTexts = {
  moment: (day, time) => `${day} à ${time}`,
  lessThanAMinute: 'moins d’une minute',
  greeting: (name) => (name ? `Bonjour ${name},` : 'Bonjour,'),
  closing: (signature) => (signature ? 'Cordialement,' : 'Cordialement.'),
  fact: (label, value) => `${label} : ${value}`,
  unsubscribe: { ask: 'Vous ne souhaitez plus recevoir ces messages ?', link: 'Se désinscrire' },
  followup: {
    labels: {
      invoice: 'Facture',
      quote: 'Devis',
      amount: 'Montant',
      issued: 'Date d’émission',
      due: 'Échéance',
      validUntil: 'Valable jusqu’au',
    },
    overdue: (due, days) => `${due} (${days} jour${s(days)} de retard)`,
    open: { invoice: 'Voir la facture', quote: 'Voir le devis' },
    invoice: {
      courteous: {
        subject: (number) => `Rappel : ${invoice(number)}`,
        heading: (number) => `Rappel : ${invoice(number)}`,
        before: ({ number, amount, due }) => [
          `Sauf erreur de notre part, le règlement de votre ${invoice(number)} d’un montant de ${amount}${fallenDue(due)} ne nous est pas encore parvenu. Il s’agit sans doute d’un simple oubli.`,
        ],
        after: [
          'Nous vous remercions de bien vouloir procéder à son règlement dès que possible.',
          PAID_MEANWHILE,
          'Une question sur cette facture ? Répondez simplement à ce message.',
        ],
      },
      firm: {
        subject: (number) => `Relance : ${invoice(number)} impayée`,
        heading: (number) => `Relance : ${invoice(number)} impayée`,
        before: ({ number, amount, due }) => [
          `Malgré notre rappel, et sauf erreur de notre part, votre ${invoice(number)} d’un montant de ${amount}${fallenDue(due)} reste impayée à ce jour.`,
          'Nous vous prions de procéder à son règlement sans délai.',
        ],
        after: [
          PAID_MEANWHILE,
          'Si une difficulté retarde ce paiement, dites-le-nous en répondant simplement à ce message : nous chercherons une solution avec vous.',
        ],
      },
      final: {
        subject: (number) => `Dernière relance avant recouvrement : ${invoice(number)}`,
        heading: (number) => `Dernière relance avant recouvrement : ${invoice(number)}`,
        before: ({ number, amount, due }) => [
          `Malgré nos rappels, et sauf erreur de notre part, votre ${invoice(number)} d’un montant de ${amount}${fallenDue(due)} demeure impayée.`,
          'Nous vous demandons de régler cette somme sous huit jours.',
        ],
        after: [
          'Sans règlement ni réponse de votre part dans ce délai, nous pourrons confier cette créance à un professionnel du recouvrement sans autre relance, et demander ce que la loi et nos conditions prévoient en cas de retard.',
          PAID_MEANWHILE,
          'Une solution amiable reste possible : pour convenir d’un échéancier ou contester cette facture, répondez simplement à ce message.',
        ],
      },
    },
    quote: {
      courteous: {
        subject: (number) => `Votre ${quote(number)}`,
        heading: (number) => `Votre ${quote(number)}`,
        before: ({ number, amount, issued }) => [
          `Le ${issued}, nous vous avons adressé le ${quote(number)} d’un montant de ${amount}. Avez-vous pu en prendre connaissance ?`,
        ],
        after: [
          'Nous en parlerons volontiers avec vous : pour une question, un ajustement ou votre accord, répondez simplement à ce message.',
          ANSWERED_MEANWHILE,
        ],
      },
      firm: {
        subject: (number) => `Votre ${quote(number)} attend votre réponse`,
        heading: (number) => `Votre ${quote(number)} attend votre réponse`,
        before: ({ number, amount, issued }) => [
          `Sauf erreur de notre part, vous n’avez pas encore répondu au ${quote(number)} d’un montant de ${amount}, que nous vous avons adressé le ${issued}.`,
        ],
        after: [
          'Afin de pouvoir nous organiser, nous vous serions reconnaissants de nous faire part de votre décision, quelle qu’elle soit : répondez simplement à ce message.',
          ANSWERED_MEANWHILE,
        ],
      },
      final: {
        subject: (number) => `Dernier message au sujet de votre ${quote(number)}`,
        heading: (number) => `Dernier message au sujet de votre ${quote(number)}`,
        before: ({ number, amount, issued }) => [
          `Nous revenons une dernière fois vers vous au sujet du ${quote(number)} d’un montant de ${amount}, que nous vous avons adressé le ${issued}.`,
        ],
        after: [
          'Si votre projet est toujours d’actualité, répondez simplement à ce message : nous serons heureux de le mener avec vous. Sinon, nous ne vous écrirons plus à ce sujet.',
          ANSWERED_MEANWHILE,
        ],
      },
    },
  },
  appointment: {
    subject: (title, moment) => `Rappel : ${title || 'rendez-vous'}, ${moment}`,
    heading: 'Rappel de rendez-vous',
    before: 'Nous vous rappelons votre rendez-vous :',
    labels: { title: 'Objet', moment: 'Date', location: 'Lieu' },
  },
  farewell: {
    subject: 'Votre compte a été supprimé',
    heading: 'Votre compte a été supprimé',
    body: [
      'Votre compte a été supprimé, avec les données personnelles qui s’y rattachaient. Cette suppression est définitive.',
      'S’il y en a, les factures et les paiements sont conservés dix ans, comme la loi l’exige ; ils ne sont plus rattachés à votre compte.',
      'Ceci est le dernier message que nous vous adressons. Merci de la confiance que vous nous avez accordée.',
    ],
  },
  backup: {
    subject: (database) => `Sauvegarde de ${database} réussie`,
    before: 'La première sauvegarde du jour est faite.',
    labels: {
      started: 'Commencée',
      key: 'Objet',
      size: 'Taille',
      tables: 'Contenu',
      server: 'PostgreSQL',
      encryption: 'Chiffrée pour',
      files: 'Fichiers joints',
    },
    size: (stored, sql) => `${stored} (${sql} de SQL)`,
    tables: (count, rows) => `${count} tables, ${rows} lignes`,
    after:
      'Une sauvegarde n’est prouvée que restaurée : la tâche backup-verify le fait chaque mois. Pour voir toutes les sauvegardes : npx cronhook backups list',
  },
  backupDamaged: {
    subject: (database) => `Sauvegardes de ${database} endommagées`,
    before:
      'Le stockage a perdu des fichiers de ces sauvegardes, ou une partie de leur contenu : elles ne peuvent plus être restaurées. Celle qui vient d’être faite est entière.',
    made: (moment) => `Faite le ${moment}`,
    after:
      'Cherchez qui d’autre écrit dans ce bucket ou y efface des objets (une règle de cycle de vie, un script). La rotation enlèvera ce qui reste de ces sauvegardes en son temps.',
  },
  backupAnomaly: {
    subject: (database) => `${database} a perdu plus de la moitié de ses données`,
    before:
      'La sauvegarde est faite, mais elle contient bien moins que la précédente. Si personne n’a vidé ces tables exprès, ne laissez pas la rotation effacer les sauvegardes d’avant.',
    wholeDump: 'Toute la sauvegarde',
    rows: (before, after) => `${before} lignes avant, ${after} maintenant`,
    bytes: (before, after) => `${before} avant, ${after} maintenant`,
    after: (previous) =>
      `Pour revenir en arrière, restaurez la sauvegarde d’avant dans une base vide : npx cronhook backups restore ${previous} --to <url>`,
  },
  unsubscribePage: {
    ask: {
      title: 'Ne plus recevoir ces messages ?',
      text: (address, sender) =>
        `L’adresse ${address} ne recevra plus aucun message ${from(sender)}. Rien n’est changé tant que vous n’avez pas confirmé.`,
    },
    done: {
      title: 'Désinscription enregistrée',
      text: (address, sender) =>
        `C’est fait : l’adresse ${address} ne recevra plus de message ${from(sender)}. Vous pouvez fermer cette page.`,
    },
    invalid: {
      title: 'Ce lien n’est pas valable',
      text: 'L’adresse de cette page est incomplète ou n’est plus valable. Ouvrez le lien entier du dernier message reçu, ou répondez à ce message pour demander votre désinscription.',
    },
    button: 'Me désinscrire',
  },
};
