import { type SQL, sql } from 'drizzle-orm';
import { FINGERPRINT } from './queue.js';

/** What a follow-up says of its document, in short, as the row has it now. */
export const documentFingerprint: SQL = sql`md5(jsonb_build_array(document.number, document.total_cents,
  document.currency, document.issued_at, document.due_at, document.url)::text)`;

/** What a reminder says of its appointment; the time stands in its key. */
export const appointmentFingerprint: SQL = sql`md5(jsonb_build_array(appointment.title, appointment.location)::text)`;

/** Whether `message` says what the rows say now; one without a fingerprint is taken at its word. */
export const saysStill = (fingerprint: SQL): SQL =>
  sql`coalesce(message.headers->>${FINGERPRINT} = ${fingerprint}, true)`;

/** Whether the reminder `message` is what `reader` would get now. */
export const remindsStill: SQL = sql`(lower(message.recipient) = lower(trim(reader.email))
  and ${saysStill(appointmentFingerprint)})`;
