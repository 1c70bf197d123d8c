import type { DocumentKind } from './mails.js';

/** Why a follow-up has ended, as far as its owner is told. */
export type ToldReason = 'too_late' | 'suppressed' | 'invalid_address' | 'undelivered';

interface Document {
  kind: DocumentKind;
  number: string;
  customer: string;
  address: string;
  daysLate: number;
}

/** A notification about a document's chase. */
export interface FollowupNotice {
  title(document: Document): string;
  body(document: Document): string;
}

export interface FollowupTexts {
  stopped: Record<ToldReason, FollowupNotice>;
  /** The last mail of the plan goes out: what follows is for the owner to do. */
  lastStep: FollowupNotice;
}

const nameFr = ({ kind, number }: Document) => `${kind === 'invoice' ? 'la facture' : 'le devis'} ${number}`;

export const followupsFr: FollowupTexts = {
  lastStep: {
    title: (document) => `Dernière relance envoyée pour ${nameFr(document)} : à vous de jouer`,
    body: (document) =>
      `${document.customer} (${document.address}) reçoit la dernière relance pour ${nameFr(document)}. Aucune autre ne suivra : sans ${document.kind === 'invoice' ? 'règlement' : 'réponse'}, appelez votre client.`,
  },
  stopped: {
    too_late: {
      title: (document) => `À relancer vous-même : ${nameFr(document)}`,
      body: (document) =>
        `${document.customer} se tait depuis ${document.daysLate} jours au sujet de ${nameFr(document)} : c’est trop tard pour une première relance automatique. Appelez votre client.`,
    },
    suppressed: {
      title: (document) => `Relances arrêtées pour ${nameFr(document)}`,
      body: (document) =>
        `L’adresse ${document.address} de ${document.customer} n’existe plus, ou son titulaire s’est désinscrit : appelez votre client. Avec une autre adresse, réactivez les relances.`,
    },
    invalid_address: {
      title: (document) => `Relances arrêtées pour ${nameFr(document)}`,
      body: (document) =>
        `L’adresse « ${document.address} » de ${document.customer} n’est pas valable : corrigez-la et réactivez les relances, ou appelez votre client.`,
    },
    undelivered: {
      title: (document) => `Relances arrêtées pour ${nameFr(document)}`,
      body: (document) =>
        `Le serveur de messagerie a refusé la relance adressée à ${document.customer} (${document.address}) : vérifiez l’adresse et réactivez les relances, ou appelez votre client.`,
    },
  },
};

const nameEn = ({ kind, number }: Document) => `${kind} ${number}`;

export const followupsEn: FollowupTexts = {
  lastStep: {
    title: (document) => `Last follow-up sent for ${nameEn(document)}: over to you`,
    body: (document) =>
      `${document.customer} (${document.address}) gets the last follow-up for ${nameEn(document)}. No other will be sent: if there is no ${document.kind === 'invoice' ? 'payment' : 'answer'}, call your customer.`,
  },
  stopped: {
    too_late: {
      title: (document) => `For you to follow up: ${nameEn(document)}`,
      body: (document) =>
        `${document.customer} has been silent about ${nameEn(document)} for ${document.daysLate} days: too late for a first automatic follow-up. Call your customer.`,
    },
    suppressed: {
      title: (document) => `Follow-ups stopped for ${nameEn(document)}`,
      body: (document) =>
        `The address ${document.address} of ${document.customer} no longer exists, or its owner has unsubscribed: call your customer. With another address, turn the follow-ups on again.`,
    },
    invalid_address: {
      title: (document) => `Follow-ups stopped for ${nameEn(document)}`,
      body: (document) =>
        `The address "${document.address}" of ${document.customer} is not valid: correct it and turn the follow-ups on again, or call your customer.`,
    },
    undelivered: {
      title: (document) => `Follow-ups stopped for ${nameEn(document)}`,
      body: (document) =>
        `The mail server refused the follow-up to ${document.customer} (${document.address}): check the address and turn the follow-ups on again, or call your customer.`,
    },
  },
};
