import { sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config.js';
import { configurationWarnings } from '../../src/warnings.js';
import { ADMIN_EMAIL, ADMIN_SMS, startIncidents } from '../support/incidents.js';
import { MAIL_FROM } from '../support/lokario.js';
import { runProgram } from '../support/run-process.js';
import { SECRET } from '../support/service.js';

type Service = Awaited<ReturnType<typeof startIncidents>>;

/** The environment of everything that is configured, but for what the test says. */
const environment = ({ databaseUrl, smtp, twilio }: Service, rest: Record<string, string> = {}) => ({
  ...{
    DATABASE_URL: databaseUrl,
    CRON_SECRET: SECRET,
    SMTP_URL: smtp.url,
    MAIL_FROM,
    ADMIN_EMAIL,
    ADMIN_SMS,
  },
  ...{ TWILIO_ACCOUNT_SID: twilio.accountSid, TWILIO_AUTH_TOKEN: twilio.authToken.reveal() },
  ...{ TWILIO_FROM: twilio.from, TWILIO_API_URL: twilio.apiUrl },
  ...rest,
});

/** Nobody is told, and nothing could. */
const NOTHING = {
  ...{ SMTP_URL: '', ADMIN_EMAIL: '', ADMIN_SMS: '' },
  ...{ TWILIO_ACCOUNT_SID: '', TWILIO_AUTH_TOKEN: '', TWILIO_FROM: '' },
};

const alertsTest = (service: Service, rest: Record<string, string> = {}) =>
  runProgram(['alerts', 'test'], environment(service, rest));

describe('cronhook alerts test', () => {
  test('sends one by mail, by SMS and in the application, each time it is called', async () => {
    const service = await startIncidents();
    for (let n = 0; n < 2; n++) {
      const [code, printed] = await alertsTest(service);
      expect(printed).toMatch(/^application +sent to the administrators$/m);
      expect(printed).toMatch(/^mail +sent to admin@example\.com$/m);
      expect(printed).toMatch(/^SMS +sent to \+33612345678$/m);
      expect([code, printed]).toEqual([0, expect.anything()]);
    }
    expect(service.smtp.mails.map(({ subject }) => subject)).toEqual(Array(2).fill('Essai des alertes'));
    expect(service.twilio.sent.map(({ to, body }) => [to, body])).toEqual(
      Array(2).fill([ADMIN_SMS, 'Cronhook : Essai des alertes']),
    );
    expect(await service.notifications()).toHaveLength(2);
    expect(await service.incidents()).toEqual([]);
  });

  test('names the variables of a channel that is not configured, and that is no failure', async () => {
    const service = await startIncidents();
    const [code, printed] = await alertsTest(service, NOTHING);
    expect(printed).toMatch(/^mail +not configured: set SMTP_URL, ADMIN_EMAIL$/m);
    expect(printed).toMatch(/^SMS +not configured: set TWILIO_ACCOUNT_SID, .*, ADMIN_SMS$/m);
    expect(code).toBe(0);
    expect([service.smtp.mails, service.twilio.sent]).toEqual([[], []]);
  });

  test.each([
    [
      'ADMIN_SMS',
      { ...NOTHING, ADMIN_SMS },
      /^SMS +configured by half: set TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN/m,
    ],
    ['TWILIO_…', { ADMIN_SMS: '' }, /^SMS +configured by half: set ADMIN_SMS$/m],
    ['ADMIN_EMAIL', { ...NOTHING, ADMIN_EMAIL }, /^mail +configured by half: set SMTP_URL$/m],
  ])('ends with 1 when a channel is configured by half: only %s', async (_, env, words) => {
    const service = await startIncidents();
    const [code, printed] = await alertsTest(service, env);
    expect(printed).toMatch(words);
    expect(code).toBe(1);
    expect(configurationWarnings(loadConfig(environment(service, env)), [])).toContainEqual(
      expect.stringMatching(/^no alert leaves by (SMS|mail): beside .+ must be set too$/),
    );
  });

  test('says why a channel has failed and what to do, ends with 1, and sends nothing later', async () => {
    const service = await startIncidents();
    await service.smtp.down();
    const [code, printed] = await alertsTest(service, { TWILIO_AUTH_TOKEN: 'wrong-token-0123456789' });
    expect(code).toBe(1);
    expect(printed).toMatch(/^mail +failed: .*SMTP_URL/m);
    expect(printed).toMatch(/^SMS +failed: .*TWILIO_AUTH_TOKEN/m);
    expect(printed).toMatch(/^application +sent/m);
    expect(printed).not.toContain('wrong-token');
    await service.smtp.up();
    await service.deliver();
    expect([service.smtp.mails, service.twilio.sent]).toEqual([[], []]);
    expect(await service.incidents()).toEqual([]);
  });

  test('tells an address that gets nothing, and a table that is missing', async () => {
    const service = await startIncidents();
    await service.insert('suppressed_addresses', { address: ADMIN_EMAIL, reason: 'unsubscribed' });
    await service.db.rows(sql`alter table cronhook.notifications rename to away`);
    const [code, printed] = await alertsTest(service);
    expect(printed).toMatch(/^mail +failed: .*suppressed_addresses/m);
    expect(printed).toMatch(/^application +failed: .*cronhook\.notifications/m);
    expect(printed).toMatch(/^SMS +sent/m);
    expect(code).toBe(1);
  });
});
