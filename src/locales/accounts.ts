/** What the deletion of accounts can say. Nobody is named by it but by an opaque id. */
export interface AccountTexts {
  /** Stands where somebody’s name or address stood. */
  redacted: string;
  /** The name of a company whose last member has gone. */
  deletedCompany: string;
  soleOwner: string;
  stripeMissing: string;
  locked: string;
  blocked: { title: string; body(userId: string): string };
}

export const accountsFr: AccountTexts = {
  redacted: '[supprimé]',
  deletedCompany: 'Entreprise supprimée',
  soleOwner:
    'Compte non supprimé : cette personne est la seule propriétaire d’une entreprise qui a d’autres membres ; transférez la propriété ou retirez les membres',
  stripeMissing:
    'Compte non supprimé : cette personne a un client Stripe et STRIPE_SECRET_KEY n’est pas définie ; définissez-la, le prochain appel supprimera le compte',
  locked:
    'Une autre opération en cours sur la base de données bloque ce compte : le prochain appel réessaiera de le supprimer',
  blocked: {
    title: 'Suppression de compte bloquée',
    body: (userId) =>
      `Le compte ${userId} devait être supprimé, mais il est le seul propriétaire d’une entreprise qui a d’autres membres. Transférez la propriété ou retirez les membres : le compte sera supprimé à l’exécution suivante.`,
  },
};

export const accountsEn: AccountTexts = {
  redacted: '[deleted]',
  deletedCompany: 'Deleted company',
  soleOwner:
    'Account not deleted: this person is the only owner of a company that has other members; transfer the ownership or remove the members',
  stripeMissing:
    'Account not deleted: this person has a Stripe customer and STRIPE_SECRET_KEY is not set; set it, and the next call deletes the account',
  locked:
    'Something else at work on the database blocks this account: the next call tries again to delete it',
  blocked: {
    title: 'Account deletion blocked',
    body: (userId) =>
      `The account ${userId} was due for deletion, but it is the only owner of a company that has other members. Transfer the ownership or remove the members: the next run then deletes the account.`,
  },
};
