/** What owners are told of answers to our mails. */
export interface AnswerTexts {
  replied(reply: Reply): { title: string; body: string };
}

export interface Reply {
  kind: 'invoice' | 'quote';
  number: string;
  customer: string;
  /** Empty when the mail does not say. */
  sender: string;
}

export const answersFr: AnswerTexts = {
  replied: ({ kind, number, customer, sender }) => {
    const document = kind === 'invoice' ? `la facture ${number}` : `le devis ${number}`;
    return {
      title: `${customer} a répondu : relances arrêtées pour ${document}`,
      body: `${sender || 'Un expéditeur inconnu'} a répondu à une relance pour ${document} (${customer}). Plus aucune relance automatique ne partira pour ce document : lisez la réponse dans votre boîte de réception.`,
    };
  },
};

export const answersEn: AnswerTexts = {
  replied: ({ kind, number, customer, sender }) => {
    const document = `${kind} ${number}`;
    return {
      title: `${customer} has replied: follow-ups for ${document} stopped`,
      body: `${sender || 'An unknown sender'} has replied to a follow-up for ${document} (${customer}). No more automatic follow-ups will be sent for this document: read the reply in your inbox.`,
    };
  },
};
