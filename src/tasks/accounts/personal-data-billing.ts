import { ofCompany, ofGoneCompany, type RulesOf } from './rules.js';

const THE_LAW = 'kept: invoices and quotes stay unaltered for ten years (Code de commerce, L123-22)';

/** What a company charges stays, unlinked from its people; how it chases goes with its last member. */
export const BILLING_DATA: RulesOf<'billingSettings' | 'billingDocuments' | 'followups'> = {
  billingSettings: {
    goes: ofGoneCompany,
    searched: ofCompany,
    named: ofCompany,
    columns: {
      companyId: 'none',
      autoFollowupsEnabled: 'none',
      invoiceDelaysDays: 'none',
      quoteDelaysDays: 'none',
      senderName: 'cleared',
      replyTo: 'cleared',
      skipWeekends: 'none',
      createdAt: 'none',
    },
  },
  billingDocuments: {
    columns: {
      id: 'none',
      companyId: 'none',
      kind: 'none',
      number: THE_LAW,
      customerName: THE_LAW,
      customerEmail: THE_LAW,
      totalCents: THE_LAW,
      currency: 'none',
      issuedAt: THE_LAW,
      dueAt: THE_LAW,
      status: 'none',
      paidAt: THE_LAW,
      url: THE_LAW,
      createdAt: 'none',
    },
  },
  followups: {
    columns: {
      id: 'none',
      documentId: 'none',
      autoEnabled: 'none',
      stepsSent: 'none',
      lastSentAt: 'none',
      stoppedAt: 'none',
      stoppedReason: 'none',
      createdAt: 'none',
    },
  },
};
