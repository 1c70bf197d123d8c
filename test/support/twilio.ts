import { Secret } from '../../src/secret.js';
import { type ApiAnswer, type ApiRequest, startApi } from './http-api.js';

interface SentSms {
  to: string;
  from: string;
  body: string;
}

const ACCOUNT = 'AC0123456789abcdef0123456789abcdef';
const TOKEN = 'twilio-auth-token-0123456789';

/** Twilio's Messages resource on this machine, until the test ends. */
export async function startTwilio() {
  const sent: SentSms[] = [];
  const unsubscribed = new Set<string>();

  function answer({ method, path, form, headers }: ApiRequest): ApiAnswer {
    const login = `Basic ${Buffer.from(`${ACCOUNT}:${TOKEN}`).toString('base64')}`;
    if (headers.authorization !== login) return twilioError(401, 20003, 'Authenticate');
    if (method !== 'POST' || path !== `/2010-04-01/Accounts/${ACCOUNT}/Messages.json`)
      return twilioError(404, 20404, `The requested resource ${path} was not found`);
    const sms = {
      to: form.get('To') ?? '',
      from: form.get('From') ?? form.get('MessagingServiceSid') ?? '',
      body: form.get('Body') ?? '',
    };
    if (!/^\+[1-9]\d{6,14}$/.test(sms.to))
      return twilioError(400, 21211, `Invalid 'To' Phone Number: ${sms.to}`);
    if (sms.from === '') return twilioError(400, 21603, "A 'From' phone number is required.");
    if (sms.body === '') return twilioError(400, 21602, 'Message body is required.');
    if (sms.body.length > 1600)
      return twilioError(400, 21617, 'The concatenated message body exceeds the 1600 character limit');
    if (unsubscribed.has(sms.to)) return twilioError(400, 21610, 'Attempt to send to unsubscribed recipient');
    sent.push(sms);
    const body = { sid: `SM${String(sent.length).padStart(32, '0')}`, status: 'queued', ...sms };
    return { status: 201, body };
  }

  const api = await startApi(answer);
  return {
    ...api,
    accountSid: ACCOUNT,
    authToken: new Secret(TOKEN),
    from: '+33700000000',
    sent,
    /** These numbers have answered STOP. */
    unsubscribed,
  };
}

/** Twilio's error form. */
export const twilioError = (status: number, code: number, message: string): ApiAnswer => ({
  status,
  body: { code, message, more_info: `https://www.twilio.com/docs/errors/${code}`, status },
});
