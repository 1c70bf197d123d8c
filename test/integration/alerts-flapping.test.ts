import { describe, expect, test } from 'vitest';
import { HOUR, MINUTE, startIncidents, trouble } from '../support/incidents.js';

const A = 'monitor:a';
const critical = () => trouble(A, { severity: 'critical' });

describe('more than four changes within an hour', () => {
  type Service = Awaited<ReturnType<typeof startIncidents>>;
  /** Five minutes apart, from the first that is wrong. */
  const turn = async (service: Service, times: number, every = 5 * MINUTE) => {
    for (let n = 0; n < times; n++) {
      await service.observe(n % 2 === 0 ? { wrong: [critical()] } : { well: [A] });
      service.later(every);
    }
  };

  test('are one message that says so; then nothing is told until an hour has been well', async () => {
    const service = await startIncidents();
    await turn(service, 4);
    expect(await service.told()).toHaveLength(8);
    await service.forget();
    await turn(service, 9);
    expect(await service.told()).toEqual([
      'email: Instable : monitor:a va mal',
      'sms: Instable : monitor:a va mal',
    ]);
    expect((await service.incidents()).filter(({ resolved_at }) => !resolved_at)).toHaveLength(1);
    await service.forget();
    for (let minutes = 0; minutes < 60; minutes += 5) {
      await service.observe({ well: [A] });
      service.later(5 * MINUTE);
    }
    expect(await service.told()).toEqual([]);
    expect(await service.observe({ well: [A] })).toEqual({ opened: 0, recovered: 1 });
    const [mail, sms] = await service.messages();
    // From the first of its incidents to the last time that it was wrong: thirteen looks, not the quiet hour.
    expect(mail?.subject).toMatch(/^Résolu : monitor:a va mal \(après 1\s+heure et 5\s+minutes\)$/);
    expect(mail?.text_body).toMatch(/Durée : 1\s+heure et 5\s+minutes/);
    expect(sms?.text_body).toMatch(/^Cronhook : Résolu/);
    expect((await service.incidents()).filter(({ resolved_at }) => !resolved_at)).toEqual([]);
  });

  test('may begin with a recovery: the incident stays open', async () => {
    const service = await startIncidents();
    await service.observe({ wrong: [critical()] });
    service.later(2 * HOUR);
    await service.forget();
    for (const well of [true, false, true, false, true]) {
      await service.observe(well ? { well: [A] } : { wrong: [critical()] });
      service.later(5 * MINUTE);
    }
    expect((await service.told()).slice(-2)).toEqual([
      'email: Instable : monitor:a va mal',
      'sms: Instable : monitor:a va mal',
    ]);
    expect((await service.incidents()).filter(({ resolved_at }) => !resolved_at)).toHaveLength(1);
  });

  /** Looks every five minutes, and what they told. */
  const watchFor = async (service: Service, ms: number, isWrong: (minute: number) => boolean) => {
    await service.forget();
    for (let minute = 0; minute < ms / MINUTE; minute += 5) {
      service.later(5 * MINUTE);
      await service.observe(isWrong(minute) ? { wrong: [critical()] } : { well: [A] });
      await service.remind();
    }
    return (await service.told()).filter((words) => words.startsWith('email'));
  };

  test('that end in an outage are reminded of an hour after the last turn, then once a day, each time anew', async () => {
    const service = await startIncidents();
    await turn(service, 7);
    // It was wrong from the seventh turn on, five minutes ago.
    expect(await watchFor(service, 50 * MINUTE, () => true)).toEqual([]);
    const reminder = 'email: Toujours en cours : monitor:a va mal';
    expect(await watchFor(service, 5 * MINUTE, () => true)).toEqual([reminder]);
    const { text_body } = (await service.messages())[0] ?? {};
    expect(text_body).toContain('Il a été instable');
    expect(await watchFor(service, 46 * HOUR, () => true)).toEqual([reminder]);
    // Well for a moment, and then wrong for good once more.
    expect(await watchFor(service, 20 * MINUTE, (minute) => minute >= 5)).toEqual([]);
    expect(await watchFor(service, 50 * MINUTE, () => true)).toEqual([reminder]);
    expect(await watchFor(service, HOUR, () => false)).toEqual([]);
    expect(await watchFor(service, 5 * MINUTE, () => false)).toEqual(['email: Résolu : monitor:a va mal']);
  });

  test('that go on for days are reminded of once a day, and only while it is wrong', async () => {
    const service = await startIncidents();
    await turn(service, 5);
    expect(await watchFor(service, 23 * HOUR, (minute) => minute % 10 === 5)).toEqual([]);
    expect(await watchFor(service, 25 * HOUR, (minute) => minute % 10 === 5)).toEqual([
      'email: Toujours en cours : monitor:a va mal',
      'email: Toujours en cours : monitor:a va mal',
    ]);
  });

  test('are none when they take longer than an hour', async () => {
    const service = await startIncidents();
    await turn(service, 12, 15 * MINUTE);
    expect((await service.told()).filter((words) => words.includes('Instable'))).toEqual([]);
    expect(await service.told()).toHaveLength(24);
  });

  test('of one of several with one cause are told of that one', async () => {
    const service = await startIncidents();
    const both = [A, 'monitor:b'].map((source) => trouble(source, { cause: 'power' }));
    await service.observe({ wrong: both });
    for (const well of [true, false, true, false]) {
      service.later(MINUTE);
      await service.observe(well ? { well: [A] } : { wrong: both.slice(0, 1) });
    }
    expect((await service.told()).slice(1)).toEqual(['email: Instable : monitor:a va mal']);
    service.later(MINUTE);
    await service.observe({ well: [A, 'monitor:b'] });
    expect(await service.told()).toHaveLength(2);
  });
});
