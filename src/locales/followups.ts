import type { DocumentKind } from './mails.js';

/** Why a follow-up has ended, as far as its owner is told. */
export type ToldReason = 'too_late' | 'suppressed' | 'invalid_address';

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
        `${document.customer} n’a pas répondu depuis ${document.daysLate} jours : aucune relance automatique ne part si tard. Appelez votre client.`,
    },
    suppressed: {
      title: (document) => `Relances arrêtées pour ${nameFr(document)}`,
      body: (document) =>
        `L’adresse ${document.address} de ${document.customer} n’existe plus ou ne veut plus recevoir de messages : corrigez-la ou appelez votre client.`,
    },
    invalid_address: {
      title: (document) => `Relances arrêtées pour ${nameFr(document)}`,
      body: (document) =>
        `L’adresse « ${document.address} » de ${document.customer} n’est pas valable : corrigez-la ou appelez votre client.`,
    },
  },
};

const nameEn = ({ kind, number }: Document) => `${kind} ${number}`;

export const followupsEn: FollowupTexts = {
  stopped: {
    too_late: {
      title: (document) => `For you to follow up: ${nameEn(document)}`,
      body: (document) =>
        `${document.customer} has not answered for ${document.daysLate} days: no automatic follow-up goes out that late. Call your customer.`,
    },
    suppressed: {
      title: (document) => `Follow-ups stopped for ${nameEn(document)}`,
      body: (document) =>
        `The address ${document.address} of ${document.customer} no longer exists or wants no more messages: correct it, or call your customer.`,
    },
    invalid_address: {
      title: (document) => `Follow-ups stopped for ${nameEn(document)}`,
      body: (document) =>
        `The address "${document.address}" of ${document.customer} is not valid: correct it, or call your customer.`,
    },
  },
};
