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

export interface FollowupTexts {
  stopped: Record<ToldReason, { title(document: Document): string; body(document: Document): string }>;
}

const nameFr = ({ kind, number }: Document) => `${kind === 'invoice' ? 'la facture' : 'le devis'} ${number}`;

export const followupsFr: FollowupTexts = {
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
