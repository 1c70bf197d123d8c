import { type SQL, sql } from 'drizzle-orm';
import { oneOf, type TableName } from '../accounts/rules.js';

/** Whose rows are exported, and by what those are found that name no company. */
export interface Owner {
  companyId: string;
  /** Lower-case: of its people, and its own. */
  addresses: string[];
  /** As messages are sent to them. */
  numbers: string[];
}

export interface Exported {
  rows(owner: Owner): SQL;
  /** Columns that hold secrets, in the database's spelling. */
  without?: string[];
  /** An index that leads from the rows of another table to these ones: by one column, and then along others. */
  walk?: { of(owner: Owner): SQL; by: string; along: string[] };
}

/** What becomes of a table when the data of a company is exported. */
export type ExportRule = Exported | { leftOut: string };

const ofCompany = ({ companyId }: Owner): SQL => sql`company_id = ${companyId}::uuid`;
const members = (owner: Owner): SQL => sql`(select id from cronhook.users where ${ofCompany(owner)})`;
const ofMembers = (owner: Owner): SQL => sql`user_id in ${members(owner)}`;
const mailboxes = (owner: Owner): SQL =>
  sql`(select id from cronhook.inbox_integrations where ${ofCompany(owner)})`;
const documents = (owner: Owner): SQL =>
  sql`(select id from cronhook.billing_documents where ${ofCompany(owner)})`;

/** By keys and recipients, which have indexes: nobody reads through all messages for one company. */
const messages = (owner: Owner): SQL => sql`(not ephemeral and id in (
  select id from cronhook.outbox_messages
  where lower(recipient) in ${oneOf([...owner.addresses, ...owner.numbers], 'text')}
  union
  select id from cronhook.outbox_messages where dedupe_key in (
    select 'followup:' || followup.id || ':' || step from cronhook.followups followup
    cross join generate_series(1, followup.steps_sent) as step
    where followup.document_id in ${documents(owner)}
  )
))`;

const ACCESS = { leftOut: 'opens accounts: access, not data, and gone within days' };
const NOBODYS = { leftOut: 'no company’s: prices, cards and their quota' };
const SERVICE = { leftOut: 'of the service itself, about all companies together' };
const TEAM = { leftOut: 'figures of the team, not of a company' };

/** Every table of the schema: a new one without a rule does not compile. */
export const COMPANY_DATA: Record<TableName, ExportRule> = {
  companies: { rows: ({ companyId }) => sql`id = ${companyId}::uuid` },
  users: { rows: ofCompany },
  userActivity: { rows: ofMembers },
  sessions: ACCESS,
  tokens: ACCESS,
  notifications: { rows: ofMembers },
  suppressedAddresses: {
    rows: ({ addresses, numbers }) =>
      sql`lower(trim(address)) in ${oneOf([...addresses, ...numbers], 'text')}`,
  },
  outboxMessages: { rows: messages },
  todos: { rows: (owner) => sql`(${ofCompany(owner)} or assignee_id in ${members(owner)})` },
  appointments: { rows: (owner) => sql`(${ofCompany(owner)} or ${ofMembers(owner)})` },
  inboxIntegrations: { rows: ofCompany, without: ['secret_encrypted'] },
  inboxFolders: { rows: (owner) => sql`integration_id in ${mailboxes(owner)}` },
  inboxMessages: {
    rows: (owner) =>
      sql`folder_id in (select id from cronhook.inbox_folders where integration_id in ${mailboxes(owner)})`,
    walk: {
      of: (owner) =>
        sql`select id from cronhook.inbox_folders where integration_id in ${mailboxes(owner)} order by id`,
      by: 'folder_id',
      along: ['uid_validity', 'uid'],
    },
  },
  billingSettings: { rows: ofCompany },
  billingDocuments: { rows: ofCompany },
  followups: { rows: (owner) => sql`document_id in ${documents(owner)}` },
  investorProfiles: { rows: ofMembers },
  leads: { rows: ({ addresses }) => sql`lower(trim(email)) in ${oneOf(addresses, 'text')}` },
  subscriptions: { rows: ofCompany },
  payments: { rows: ofCompany },
  supportTickets: { rows: ofCompany },
  trialContacts: { rows: ofCompany },
  accountDeletions: { leftOut: 'proofs of deletions: opaque ids that name no company' },
  cryptoAssets: NOBODYS,
  cryptoFailures: NOBODYS,
  cryptoPrices: NOBODYS,
  cryptoPriceHistory: NOBODYS,
  cards: NOBODYS,
  pricingFailures: NOBODYS,
  priceObservations: NOBODYS,
  batchRuns: NOBODYS,
  apiUsage: NOBODYS,
  marketingSpend: TEAM,
  kpiTargets: TEAM,
  statistics: TEAM,
  statisticsBuckets: TEAM,
  statisticsCustomers: { leftOut: 'calculated from the subscriptions' },
  monitors: TEAM,
  monitorChecks: TEAM,
  monitorDays: TEAM,
  metricSamples: TEAM,
  counterReadings: TEAM,
  applicationLogs: SERVICE,
  incidents: SERVICE,
  taskRuns: SERVICE,
  taskRunTotals: SERVICE,
  taskLeases: SERVICE,
  settings: SERVICE,
};
