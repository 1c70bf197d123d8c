import type { Vault } from './clients/vault.js';
import type { Config } from './config.js';
import type { Locale } from './locales/index.js';

/** Where the service stands, and for whom it writes. */
export interface Site {
  locale: Locale;
  /** Days, hours and schedules. */
  timeZone: string;
  /** Without a slash at its end. */
  publicUrl: string;
  /** The team's own application, without a slash at its end. */
  appUrl: string;
  adminEmail: string | undefined;
  /** In E.164. */
  adminSms: string | undefined;
  /** Where the owner of the address stops what we send; none without ENCRYPTION_KEY. */
  unsubscribeUrl(address: string): string | undefined;
  /** Where a company that was asked at this time says that it lives; none without ENCRYPTION_KEY. */
  reactivationUrl(asked: { companyId: string; askedAt: Date }): string | undefined;
}

/** What the address in a link is bound to: no other text of the service opens it. */
export const UNSUBSCRIBE_LINK = 'link:unsubscribe';
export const REACTIVATION_LINK = 'link:reactivation';

export function createSite(config: Config, vault: Vault | undefined): Site {
  return {
    locale: config.LOCALE,
    timeZone: config.TIMEZONE,
    publicUrl: config.PUBLIC_URL,
    appUrl: config.APP_URL,
    adminEmail: config.ADMIN_EMAIL,
    adminSms: config.ADMIN_SMS,
    unsubscribeUrl: (address) =>
      vault && `${config.PUBLIC_URL}/unsubscribe/${vault.encrypt(address, UNSUBSCRIBE_LINK)}`,
    reactivationUrl: ({ companyId, askedAt }) => {
      const token = vault?.encrypt(`${companyId}:${askedAt.getTime()}`, REACTIVATION_LINK);
      return token && `${config.PUBLIC_URL}/clients/reactivate/${token}`;
    },
  };
}
