import { sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
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
    const [code, printed] = await alertsTest(service, { SMTP_URL: '', ADMIN_EMAIL: '', ADMIN_SMS: '' });
    expect(printed).toMatch(/^mail +not configured: set SMTP_URL, ADMIN_EMAIL$/m);
    expect(printed).toMatch(/^SMS +not configured: set ADMIN_SMS$/m);
    expect(code).toBe(0);
    expect([service.smtp.mails, service.twilio.sent]).toEqual([[], []]);
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
