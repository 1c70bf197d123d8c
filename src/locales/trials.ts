/** What a mail to a company on trial speaks of; what is not known is empty. */
export interface TrialTexts {
  product: string;
  company: string;
  /** The end of the trial: the day, and the day with its hour. */
  day: string;
  moment: string;
}

interface TrialLetterTexts {
  subject(trial: TrialTexts): string;
  heading(trial: TrialTexts): string;
  before(trial: TrialTexts): string[];
  button: string;
  after(trial: TrialTexts): string[];
}

export type TrialLetter = 'warning' | 'expired' | 'help' | 'demo';

export interface TrialsTexts {
  letters: Record<TrialLetter, TrialLetterTexts>;
  closing(signature: string): string;
  /** Without signs that GSM 03.38 lacks: one of them halves what an SMS holds. */
  sms(words: { product: string; appUrl: string; unsubscribeUrl: string | undefined }): string;
  locked: string;
}

/** « essai Talos pour Atelier Moreau », as much of it as is known. */
const essai = ({ product, company }: TrialTexts): string =>
  `essai${product && ` ${product}`}${company && ` pour ${company}`}`;

const jusque = ({ moment }: TrialTexts): string =>
  moment ? `Votre essai court jusqu’au ${moment} : il vous reste le temps d’en profiter.` : '';

export const trialsFr: TrialsTexts = {
  letters: {
    warning: {
      subject: ({ product, day }) => `Votre essai${product && ` ${product}`} se termine le ${day}`,
      heading: () => 'Votre essai touche à sa fin',
      before: (trial) => [
        `Votre ${essai(trial)} se termine le ${trial.moment}.`,
        'Pour continuer sans interruption, choisissez votre formule d’ici là : vos données, vos réglages et vos utilisateurs restent en place, il n’y a rien à refaire.',
      ],
      button: 'Choisir ma formule',
      after: () => [
        'Une question, une hésitation ? Répondez simplement à ce message, nous vous lirons avec attention.',
      ],
    },
    expired: {
      subject: ({ product }) =>
        `Votre essai${product && ` ${product}`} est terminé : reprenez où vous en étiez`,
      heading: () => 'Reprenez là où vous en étiez',
      before: (trial) => [
        `Votre ${essai(trial)} s’est terminé le ${trial.moment}. Les accès sont suspendus, mais vos données vous attendent.`,
        'Voici ce que nous vous proposons : choisissez une formule, et vous retrouverez votre espace comme vous l’avez laissé, sans rien avoir à ressaisir.',
      ],
      button: 'Choisir ma formule',
      after: () => [
        'Ce n’était pas le bon moment, ou il vous a manqué quelque chose ? Dites-le-nous en répondant à ce message : nous chercherons avec vous la formule qui vous convient.',
        'Merci pour le temps que vous nous avez accordé.',
      ],
    },
    help: {
      subject: () => 'Besoin d’aide ?',
      heading: () => 'Besoin d’aide ?',
      before: (trial) => [
        `Votre ${essai(trial)} est ouvert, mais plutôt calme ces derniers jours. Tout se passe bien ?`,
        'Des premiers pas hésitants, des données à importer, un réglage qui résiste ? Répondez simplement à ce message en quelques mots : une personne de l’équipe vous aidera avec plaisir.',
      ],
      button: 'Reprendre mon essai',
      after: (trial) => [jusque(trial)],
    },
    demo: {
      subject: ({ product }) => `Une démonstration${product && ` ${product}`} rien que pour vous ?`,
      heading: () => 'Une démonstration rien que pour vous ?',
      before: (trial) => [
        `Découvrir un nouvel outil prend du temps. Pour tirer le meilleur de votre ${essai(trial)}, nous vous offrons une démonstration personnelle : nous partons de vos besoins, vous posez toutes vos questions, et cela ne vous engage à rien.`,
        'Répondez à ce message avec deux ou trois moments qui vous conviennent : nous nous occupons du reste.',
      ],
      button: 'Ouvrir mon espace',
      after: (trial) => [jusque(trial)],
    },
  },
  closing: (signature) => (signature ? 'À bientôt,' : 'À bientôt.'),
  sms: ({ product, appUrl, unsubscribeUrl }) =>
    `${product && `${product} : `}Besoin d'aide pour démarrer votre essai ? Tout vous attend ici : ${appUrl} - Plus de SMS : répondez STOP${unsubscribeUrl ? ` ou ${unsubscribeUrl}` : ''}`,
  locked:
    'Une autre opération en cours sur la base de données bloque cette entreprise : le prochain appel réessaiera',
};

const trial = ({ product, company }: TrialTexts): string =>
  `${product && `${product} `}trial${company && ` for ${company}`}`;

const until = ({ moment }: TrialTexts): string =>
  moment ? `Your trial runs until ${moment}: there is still time to make the most of it.` : '';

export const trialsEn: TrialsTexts = {
  letters: {
    warning: {
      subject: ({ product, day }) => `Your ${product && `${product} `}trial ends on ${day}`,
      heading: () => 'Your trial is coming to its end',
      before: (words) => [
        `Your ${trial(words)} ends on ${words.moment}.`,
        'To go on without a break, choose your plan before then: your data, your settings and your users stay in place, with nothing to do again.',
      ],
      button: 'Choose my plan',
      after: () => ['A question, a doubt? Just reply to this message: we read every answer.'],
    },
    expired: {
      subject: ({ product }) => `Your ${product && `${product} `}trial has ended: pick up where you left off`,
      heading: () => 'Pick up where you left off',
      before: (words) => [
        `Your ${trial(words)} ended on ${words.moment}. Access is suspended, but your data is waiting for you.`,
        'Here is our offer: choose a plan, and you will find your workspace as you left it, with nothing to enter again.',
      ],
      button: 'Choose my plan',
      after: () => [
        'Was it not the right time, or was something missing? Tell us by replying to this message: we will look for the plan that suits you.',
        'Thank you for the time you have given us.',
      ],
    },
    help: {
      subject: () => 'Need a hand?',
      heading: () => 'Need a hand?',
      before: (words) => [
        `Your ${trial(words)} is open, but it has been quiet there for a few days. Is everything all right?`,
        'First steps, data to import, a setting that resists? Just reply to this message in a few words: somebody of the team will be glad to help.',
      ],
      button: 'Back to my trial',
      after: (words) => [until(words)],
    },
    demo: {
      subject: ({ product }) => `A demo${product && ` of ${product}`} just for you?`,
      heading: () => 'A demo just for you?',
      before: (words) => [
        `Finding one’s way around a new tool takes time. To get the best out of your ${trial(words)}, we offer you a personal demo: we start from what you need, you ask all your questions, and it commits you to nothing.`,
        'Reply to this message with two or three times that suit you: we take care of the rest.',
      ],
      button: 'Open my workspace',
      after: (words) => [until(words)],
    },
  },
  closing: (signature) => (signature ? 'See you soon,' : 'See you soon.'),
  sms: ({ product, appUrl, unsubscribeUrl }) =>
    `${product && `${product}: `}Need a hand to start your trial? All is ready here: ${appUrl} - No more SMS: reply STOP${unsubscribeUrl ? ` or ${unsubscribeUrl}` : ''}`,
  locked: 'Something else at work on the database blocks this company: the next call tries again',
};
