import { isAddress } from '../../clients/mail.js';
import { internationalNumber } from '../../clients/sms.js';
import type { Trial } from './model.js';

export interface Recipient {
  address: string;
  /** Empty for the company's own address. */
  name: string;
}

/**
 * Who is written to, one for each company: its owner, else an administrator, else the company's own address, else a
 * member. Somebody who has unsubscribed is not passed over for the next one: their no is the company's.
 */
export function recipientOf(trial: Pick<Trial, 'contacts' | 'email' | 'members'>): Recipient | undefined {
  const { contacts, email, members } = trial;
  const candidates = [...contacts, { email: email ?? '', name: '' }, ...members];
  return candidates
    .map(({ email: address, name }) => ({ address: address.trim(), name }))
    .find(({ address }) => isAddress(address));
}

/** The company's number or its owner's, the first that may be a mobile phone's. */
export function mobileOf({ phone, contacts }: Pick<Trial, 'phone' | 'contacts'>): string | undefined {
  return [phone, ...contacts.map((contact) => contact.phone)]
    .map((written) => internationalNumber(written ?? ''))
    .find((number) => number !== undefined && !FRENCH_LANDLINE.test(number));
}

/** In France only 06 and 07 receive SMS. */
const FRENCH_LANDLINE = /^\+33[^67]/;
