import { type SQL, sql } from 'drizzle-orm';
import { rememberQuestions } from '../../db/reactivation-questions.js';
import { digestSql } from '../../db/suppressions.js';
import { BACK_OFFICE_DATA } from './personal-data-back-office.js';
import { BILLING_DATA } from './personal-data-billing.js';
import { INBOX_DATA } from './personal-data-inbox.js';
import { PRODUCT_DATA } from './personal-data-products.js';
import { SERVICE_DATA } from './personal-data-service.js';
import {
  ofCompanyOr,
  ofGoneCompany,
  ofGoneCompanyMails,
  ofGoneFollowups,
  ofMembers,
  ofUser,
  oneOf,
  type RulesOf,
  type TableName,
} from './rules.js';
import type { Subject } from './subject.js';

const ofOwnCompany = ({ companyId }: Subject): SQL => sql`id = ${companyId}::uuid`;

/** What another company is about to send to its customer, who may be that person, is not ours to take back. */
const WAITING_FOLLOWUP = sql`(status in ('pending', 'sending', 'held') and dedupe_key like 'followup:%')`;

/**
 * Whoever asked for no more mail, or cannot get any, may be another company's customer still: that outlives the account
 * (GDPR, art. 21(3)), without the address and without the words of servers, which may name anybody.
 */
const OBJECTION = sql`
  insert into cronhook.suppressed_addresses (address, reason, created_at)
  select distinct on (1) ${digestSql(sql`address`)}, case when reason = 'unsubscribed' then reason else 'erased' end,
    created_at
  from gone order by 1, created_at
  on conflict (address) do nothing`;

/**
 * Every table and every column of the schema. The deletion reads its statements from here, table after table in this
 * order; a new table or column without a rule does not compile, and a test holds this against the database.
 */
export const PERSONAL_DATA: RulesOf<TableName> = {
  sessions: {
    goes: ofUser,
    columns: { id: 'row goes', userId: 'row goes', expiresAt: 'row goes', createdAt: 'row goes' },
  },
  tokens: {
    goes: ofUser,
    columns: {
      id: 'row goes',
      userId: 'row goes',
      kind: 'row goes',
      expiresAt: 'row goes',
      usedAt: 'row goes',
      createdAt: 'row goes',
    },
  },
  userActivity: {
    goes: ofUser,
    columns: { userId: 'row goes', day: 'row goes', createdAt: 'row goes' },
  },
  suppressedAddresses: {
    goes: ({ addresses, numbers, contacts }) => sql`
      (lower(trim(address)) in ${oneOf([...addresses, ...numbers, ...contacts.recipients], 'text')} and address not like 'sha256:%')`,
    leaves: OBJECTION,
    shared: true,
    columns: { address: 'digested', reason: 'address redacted', createdAt: 'none' },
  },
  outboxMessages: {
    shared: true,
    goes: (subject) => sql`
      (lower(recipient) in ${oneOf([...subject.addresses, ...subject.contacts.recipients], 'text')} and not ${WAITING_FOLLOWUP} or id in ${oneOf(subject.sealedIds, 'uuid')}
        or channel = 'sms' and regexp_replace(recipient, '[^0-9+]', '', 'g') in ${oneOf(subject.numbers, 'text')}
        or ${ofGoneFollowups(subject)} or ${ofGoneCompanyMails(subject)})`,
    leaves: rememberQuestions,
    searched: () => sql`not ${WAITING_FOLLOWUP}`,
    // What waits goes out without the name: nobody would look at it again once it is sent.
    named: (subject) => sql`(lower(recipient) in ${ofMembers(subject, 'lower(email)')}
      or lower(recipient) in ${oneOf(subject.administrators, 'text')})`,
    columns: {
      id: 'none',
      task: 'none',
      channel: 'none',
      dedupeKey: 'none',
      recipient: 'row goes',
      subject: 'redacted',
      textBody: 'redacted',
      htmlBody: 'redacted',
      headers: 'redacted',
      attachments: 'redacted',
      messageId: 'none',
      status: 'none',
      ephemeral: 'none',
      attempts: 'none',
      nextAttemptAt: 'none',
      lastError: 'redacted',
      sentAt: 'none',
      claimedBy: 'none',
      createdAt: 'none',
    },
  },
  notifications: {
    shared: true,
    goes: ofUser,
    named: (subject) => sql`(user_id is null or user_id in ${ofMembers(subject, 'id')})`,
    columns: {
      id: 'none',
      userId: 'row goes',
      kind: 'none',
      severity: 'none',
      dedupeKey: 'none',
      title: 'redacted',
      body: 'redacted',
      link: 'redacted',
      readAt: 'row goes',
      createdAt: 'none',
    },
  },
  todos: {
    goes: (subject) => sql`(assignee_id = ${subject.userId}::uuid or ${ofGoneCompany(subject)})`,
    searched: ofCompanyOr('assignee_id'),
    named: ofCompanyOr('assignee_id'),
    columns: {
      id: 'none',
      companyId: 'none',
      assigneeId: 'row goes',
      title: 'redacted',
      dueAt: 'none',
      priority: 'none',
      status: 'none',
      createdAt: 'none',
    },
  },
  appointments: {
    goes: (subject) => sql`(${ofUser(subject)} or ${ofGoneCompany(subject)})`,
    searched: ofCompanyOr('user_id'),
    named: ofCompanyOr('user_id'),
    columns: {
      id: 'none',
      companyId: 'none',
      userId: 'row goes',
      title: 'redacted',
      startsAt: 'none',
      location: 'redacted',
      reminderMinutes: 'none',
      status: 'none',
      createdAt: 'none',
    },
  },
  ...INBOX_DATA,
  ...BILLING_DATA,
  ...PRODUCT_DATA,
  ...BACK_OFFICE_DATA,
  ...SERVICE_DATA,
  accountDeletions: {
    columns: {
      id: 'none',
      userId: 'kept: an opaque id, the proof that the account was deleted',
      deletedAt: 'none',
      counts: 'none',
      storedAt: 'none',
      createdAt: 'none',
    },
  },
  companies: {
    searched: ofOwnCompany,
    named: ofOwnCompany,
    columns: {
      id: 'none',
      name: 'anonymised',
      email: 'anonymised',
      phone: 'anonymised',
      plan: 'none',
      status: 'none',
      trialEndsAt: 'none',
      convertedAt: 'none',
      cancelledAt: 'none',
      lastActiveAt: 'none',
      reactivationAskedAt: 'none',
      previousStatus: 'none',
      archiveKey: 'none',
      archivedAt: 'none',
      anonymizedAt: 'none',
      createdAt: 'none',
    },
  },
  users: {
    goes: ({ userId }) => sql`id = ${userId}::uuid`,
    columns: {
      id: 'row goes',
      companyId: 'row goes',
      email: 'row goes',
      name: 'row goes',
      phone: 'row goes',
      role: 'none',
      lastLoginAt: 'row goes',
      lastActiveAt: 'row goes',
      disabledAt: 'row goes',
      stripeCustomerId: 'row goes',
      deletionRequestedAt: 'row goes',
      deletionScheduledAt: 'row goes',
      deletionStartedAt: 'row goes',
      createdAt: 'row goes',
    },
  },
};
