/** What the link of a mail leads to; `invalid` is none of ours. */
type PageState = 'asked' | 'archived' | 'done' | 'back' | 'old' | 'gone' | 'busy' | 'invalid';

/** What the archiving of inactive clients can say. */
export interface ArchivingTexts {
  mail: {
    subject(company: string): string;
    heading: string;
    before(company: string): string[];
    button: string;
    /** When it is archived, and how many months later everything goes. */
    after(archivedFrom: string, months: number): string[];
  };
  page: Record<PageState, { title: string; text(company: string): string }> & {
    button: string;
    open: string;
  };
  unreachable: { title: string; body(companyId: string): string };
  damaged(key: string): string;
  stripeMissing: string;
  locked: string;
}

/** In quotation marks: « de » would have to know how a name begins. */
const namedFr = (company: string): string =>
  company ? `votre espace «\u00a0${company}\u00a0»` : 'votre espace';

const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

export const archivingFr: ArchivingTexts = {
  mail: {
    subject: (company) =>
      company ? `Voulez-vous réactiver ${company} ?` : 'Voulez-vous réactiver votre espace ?',
    heading: 'Voulez-vous réactiver ?',
    before: (company) => [
      `Voilà plus de six mois que personne ne s’est connecté à ${namedFr(company)}. Rien de grave : vos données sont toujours là, comme vous les avez laissées.`,
      'Vous aimeriez les garder ? Dites-le-nous d’un clic, sans engagement et sans frais.',
    ],
    button: 'Oui, garder mon espace',
    after: (archivedFrom, months) => [
      `Sans nouvelles de vous, l’espace sera archivé à partir du ${archivedFrom}. Ce même bouton permettra encore de le rouvrir pendant ${months}\u00a0mois ; passé ce délai, les données personnelles seront définitivement effacées.`,
      'Vous n’en avez plus besoin ? Vous n’avez rien à faire. Merci d’avoir fait un bout de chemin avec nous.',
    ],
  },
  page: {
    asked: {
      title: 'Garder votre espace\u00a0?',
      text: (company) =>
        `Confirmez, et ${namedFr(company)} reste ouvert, avec toutes ses données. Rien n’est changé tant que vous n’avez pas confirmé.`,
    },
    archived: {
      title: 'Rouvrir votre espace\u00a0?',
      text: (company) =>
        `${capitalised(namedFr(company))} est archivé, mais ses données sont toujours là. Confirmez, et il retrouve l’état où vous l’aviez laissé.`,
    },
    done: {
      title: 'C’est fait, merci\u00a0!',
      text: (company) =>
        `Quel plaisir de vous retrouver\u00a0: ${namedFr(company)} est conservé, avec toutes ses données. Votre formule n’a pas changé, et rien ne vous est facturé pour cela.`,
    },
    back: {
      title: 'Tout est en ordre',
      text: (company) => `${capitalised(namedFr(company))} est ouvert\u00a0: il n’y a rien à faire.`,
    },
    old: {
      title: 'Ce lien n’est plus le bon',
      text: () =>
        'Nous vous avons écrit de nouveau depuis ce message\u00a0: ouvrez le lien du dernier, ou connectez-vous simplement.',
    },
    gone: {
      title: 'Cet espace n’existe plus',
      text: () =>
        'Ses données personnelles ont été effacées, comme nous l’avions annoncé\u00a0; personne ne peut les faire revenir. Vous pouvez ouvrir un nouvel espace quand vous voulez.',
    },
    busy: {
      title: 'Un instant, s’il vous plaît',
      text: () =>
        'Votre réponse n’a pas pu être enregistrée pour le moment, et rien n’est perdu\u00a0: réessayez dans une minute.',
    },
    invalid: {
      title: 'Ce lien n’est pas valable',
      text: () =>
        'L’adresse de cette page est incomplète ou n’est plus valable. Ouvrez le lien entier du dernier message reçu, ou répondez à ce message.',
    },
    button: 'Oui, garder mon espace',
    open: 'Ouvrir mon espace',
  },
  unreachable: {
    title: 'Client inactif injoignable par e-mail',
    body: (companyId) =>
      `Le client ${companyId} est inactif depuis plus de six mois, et aucune de ses adresses ne peut recevoir de message. Sans signe de vie il sera archivé dans 30 jours, puis anonymisé 12 mois plus tard : appelez-le si vous tenez à le prévenir.`,
  },
  damaged: (key) =>
    `L’archive ${key} ne se relit pas comme elle a été écrite : le client reste tel quel, le prochain appel réessaiera. Si cela se répète, vérifiez le stockage`,
  stripeMissing:
    'Client non anonymisé : un de ses utilisateurs a un client Stripe et STRIPE_SECRET_KEY n’est pas définie ; définissez-la, le prochain appel l’anonymisera',
  locked:
    'Une autre opération en cours sur la base de données bloque ce client : le prochain appel réessaiera',
};

const namedEn = (company: string): string => (company ? `the workspace of ${company}` : 'your workspace');

export const archivingEn: ArchivingTexts = {
  mail: {
    subject: (company) =>
      company ? `Would you like to reactivate ${company}?` : 'Would you like to reactivate your workspace?',
    heading: 'Would you like to reactivate?',
    before: (company) => [
      `Nobody has signed in to ${namedEn(company)} for more than six months. No harm done: your data is still there, just as you left it.`,
      'Would you like to keep it? Tell us with one click, without commitment and free of charge.',
    ],
    button: 'Yes, keep my workspace',
    after: (archivedFrom, months) => [
      `If we do not hear from you, the workspace is archived from ${archivedFrom} on. The same button can still reopen it for ${months} months; after that, all personal data is erased for good.`,
      'You no longer need it? Then there is nothing to do. Thank you for having come some of the way with us.',
    ],
  },
  page: {
    asked: {
      title: 'Keep your workspace?',
      text: (company) =>
        `Confirm, and ${namedEn(company)} stays open with all its data. Nothing changes until you confirm.`,
    },
    archived: {
      title: 'Reopen your workspace?',
      text: (company) =>
        `${company ? `The workspace of ${company}` : 'Your workspace'} is archived, but its data is still there. Confirm, and it is as you left it.`,
    },
    done: {
      title: 'Done, thank you!',
      text: (company) =>
        `Good to have you back: ${namedEn(company)} is kept, with all its data. Your plan has not changed, and nothing is charged for this.`,
    },
    back: {
      title: 'All is well',
      text: (company) =>
        `${company ? `The workspace of ${company}` : 'Your workspace'} is open: there is nothing to do.`,
    },
    old: {
      title: 'This link has been replaced',
      text: () =>
        'We have written to you again since that message: open the link of the last one, or just sign in.',
    },
    gone: {
      title: 'This workspace is gone',
      text: () =>
        'Its personal data has been erased, as we had announced; nobody can bring it back. You are welcome to open a new workspace at any time.',
    },
    busy: {
      title: 'One moment, please',
      text: () => 'Your answer could not be stored just now, and nothing is lost: try again in a minute.',
    },
    invalid: {
      title: 'This link is not valid',
      text: () =>
        'The address of this page is incomplete or no longer valid. Open the whole link of the last message, or reply to that message.',
    },
    button: 'Yes, keep my workspace',
    open: 'Open my workspace',
  },
  unreachable: {
    title: 'Inactive client that no mail reaches',
    body: (companyId) =>
      `The client ${companyId} has been inactive for more than six months, and none of its addresses can get a message. Without a sign of life it is archived in 30 days and anonymised 12 months later: call if you want them to know.`,
  },
  damaged: (key) =>
    `The archive ${key} does not read as it was written: the client stays as it is, and the next call tries again. If this repeats, check the storage`,
  stripeMissing:
    'Client not anonymised: one of its users has a Stripe customer and STRIPE_SECRET_KEY is not set; set it, and the next call anonymises the client',
  locked: 'Something else at work on the database blocks this client: the next call tries again',
};
