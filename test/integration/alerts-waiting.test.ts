import { sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { ALERT_DELAYS_MINUTES } from '../../src/messages/retries.js';
import { DAY, HOUR, MINUTE, startIncidents, trouble } from '../support/incidents.js';

const A = 'monitor:a';
const critical = () => trouble(A, { severity: 'critical' });

describe('an alert that waits for its channel', () => {
  type Service = Awaited<ReturnType<typeof startIncidents>>;
  const withoutMail = async (service: Service, work: () => Promise<unknown>) => {
    await service.smtp.down();
    await work();
    await service.smtp.up();
    await service.deliver();
    return service.smtp.mails.map(({ subject }) => subject.replace(/ \(.*/, '')).sort();
  };

  test('does not go out once the incident is over; that it was does', async () => {
    const service = await startIncidents({ ADMIN_SMS: '' });
    const told = await withoutMail(service, async () => {
      await service.observe({ wrong: [trouble(A)] });
      service.later(HOUR);
      await service.remind();
      await service.observe({ wrong: [critical()] });
      await service.observe({ well: [A] });
    });
    expect(told).toEqual(['Résolu : monitor:a va mal']);
    const open = (await service.messages()).map(({ dedupe_key, status }) => [
      dedupe_key.split(':')[2],
      status,
    ]);
    expect(open.sort()).toEqual([
      ['escalated', 'cancelled'],
      ['opened', 'cancelled'],
      ['recovered', 'sent'],
      ['reminder', 'cancelled'],
    ]);
  });

  test('gives way to the reminder that came after it, and that to the next one', async () => {
    const service = await startIncidents();
    const told = await withoutMail(service, async () => {
      await service.observe({ wrong: [critical()] });
      for (const ms of [HOUR, DAY, DAY]) {
        service.later(ms);
        await service.remind();
      }
    });
    expect(told).toEqual(['Toujours en cours : monitor:a va mal']);
    expect(service.twilio.sent).toHaveLength(1);
    const [last] = (await service.messages()).filter(({ status }) => status === 'sent');
    expect(last?.dedupe_key).toMatch(/:reminder:2(:sms)?$/);
  });

  test('goes out while one of its cause goes on, also when that was not the first', async () => {
    const service = await startIncidents({ ADMIN_SMS: '' });
    const both = [A, 'monitor:b'].map((source) => trouble(source, { cause: 'power' }));
    const told = await withoutMail(service, async () => {
      await service.observe({ wrong: both });
      await service.observe({ well: [A] });
    });
    expect(told).toEqual(['monitor:a va mal, et 1 autre incident']);
  });

  test('of what comes and goes says so as long as that lasts, and no more while it is well', async () => {
    const service = await startIncidents({ ADMIN_SMS: '' });
    const told = await withoutMail(service, async () => {
      for (const isWell of [false, true, false, true, false, true])
        await service.observe(isWell ? { well: [A] } : { wrong: [trouble(A)] });
    });
    expect(told).toEqual([
      'Instable : monitor:a va mal',
      'Résolu : monitor:a va mal',
      'Résolu : monitor:a va mal',
    ]);
  });

  test('goes out unasked where incidents cannot be asked', async () => {
    const service = await startIncidents({ ADMIN_SMS: '' });
    const told = await withoutMail(service, async () => {
      await service.observe({ wrong: [trouble(A)] });
      await service.db.rows(sql`alter table cronhook.incidents rename column details to away`);
    });
    expect(told).toEqual(['monitor:a va mal']);
  });

  test('is tried again soon, then every hour for four days', async () => {
    let refuses = true;
    const service = await startIncidents(
      { ADMIN_SMS: '' },
      { smtp: { onRcpt: () => (refuses ? { code: 451, message: '4.7.1 greylisted' } : undefined) } },
    );
    await service.observe({ wrong: [trouble(A)] });
    const delays: number[] = [];
    for (;;) {
      await service.deliver();
      const [message] = await service.messages();
      if (message?.status !== 'pending') break;
      const ms = Date.parse(message.next_attempt_at) - service.now().getTime();
      delays.push(ms / MINUTE);
      service.later(ms);
      if (delays.length === 20) refuses = false;
    }
    expect(delays).toEqual([1, 5, 5, 10, 15, 30, ...Array(14).fill(60)]);
    expect(ALERT_DELAYS_MINUTES.reduce((sum, one) => sum + one)).toBeGreaterThan(4 * 24 * 60 - 60);
    expect(service.smtp.mails.map(({ subject }) => subject)).toContainEqual(
      expect.stringMatching(/^monitor:a va mal/),
    );
  });
});
