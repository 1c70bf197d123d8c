import os from 'node:os';
import { sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { fakeMachine, inGroupV2 } from '../support/machine.js';
import { startPerformance } from '../support/performance.js';
import { read, startTestService } from '../support/service.js';
import { startSmtp } from '../support/smtp.js';
import { startTwilio } from '../support/twilio.js';

const sources = (incidents: { source: string; open: boolean }[]) =>
  incidents.filter(({ open }) => open).map(({ source }) => source);

describe('the machine of the service', () => {
  test('is measured, and its CPU and network from the second run on', async () => {
    const { machine, run, pass, samples } = await startPerformance();
    const first = await run();
    expect(first.status).toBe('succeeded');
    expect(await samples('web-1')).toMatchObject({ memory_percent: expect.closeTo(40, 2), load_1: 0.5 });
    expect(await samples('web-1')).not.toHaveProperty('cpu_percent');
    pass(5);
    await machine.clock(1_300, 100 + 300);
    await machine.network(1_000 + 30_000, 500 + 3_000);
    await run();
    expect(await samples('web-1')).toMatchObject({
      cpu_percent: 25,
      network_in_bytes_per_second: 100,
      network_out_bytes_per_second: 10,
    });
  });

  test('alerts of a CPU that was full between two runs, and not of one that is full at a moment', async () => {
    const { machine, run, pass, incidents } = await startPerformance();
    await run();
    // Somebody calls it by hand, while a build runs.
    pass(1);
    await machine.clock(1_060, 100 + 239);
    expect((await run()).stats).toMatchObject({ thresholdsExceeded: 0 });
    pass(4);
    await machine.clock(1_300, 100 + 239 + 240);
    expect((await run()).stats).toMatchObject({ thresholdsExceeded: 0 });
    pass(5);
    await machine.clock(1_600, 579 + 1_150);
    expect((await run()).stats).toMatchObject({ thresholdsExceeded: 1, opened: 1 });
    expect(await incidents()).toMatchObject([
      {
        source: 'performance:web-1:cpu_percent',
        severity: 'important',
        title: 'Processeur à 95,9 % sur web-1 (seuil 90 %)',
        message: expect.stringContaining('threshold.cpu_percent'),
      },
    ]);
    pass(5);
    await machine.clock(1_900, 1_729 + 300);
    expect((await run()).stats).toMatchObject({ recovered: 1 });
    expect(sources(await incidents())).toEqual([]);
  });

  test('has no CPU figure after a restart, after an hour without a run, or from a counter that went back', async () => {
    const { machine, run, pass, samples } = await startPerformance();
    const next = async (minutes: number, uptime: number, busy: number) => {
      pass(minutes);
      await machine.clock(uptime, busy);
      await run();
      return (await samples('web-1')).cpu_percent;
    };
    await run();
    expect(await next(5, 1_300, 400)).toBe(25);
    expect(await next(5, 1_600, 300)).toBeUndefined();
    expect(await next(5, 1_900, 600)).toBe(25);
    expect(await next(61, 5_560, 9_000)).toBeUndefined();
    await machine.file('proc/sys/kernel/random/boot_id', 'another');
    expect(await next(5, 6_000, 10_000)).toBeUndefined();
    expect(await next(5, 6_300, 10_300)).toBe(25);
  });

  test('replicas that run in turn are each compared with themselves', async () => {
    const one = await startPerformance();
    const other = await startPerformance({ databaseUrl: one.databaseUrl });
    await other.machine.file('proc/sys/kernel/random/boot_id', 'of another machine');
    await other.machine.clock(90_000, 200_000);
    await one.run();
    one.pass(5);
    other.pass(5);
    await other.run();
    expect(await other.samples('web-1')).not.toHaveProperty('cpu_percent');
    one.pass(5);
    other.pass(5);
    await one.machine.clock(1_600, 100 + 600);
    await one.run();
    expect((await one.samples('web-1')).cpu_percent).toBe(25);
    one.pass(5);
    other.pass(5);
    await other.machine.clock(90_600, 200_000 + 1_200);
    await other.run();
    expect((await other.samples('web-1')).cpu_percent).toBe(50);
    // A day later those that are gone are forgotten.
    one.pass(25 * 60);
    await one.run();
    const instances = new Set((await one.readings()).map(({ instance }) => instance));
    expect(instances.size).toBe(2);
  });

  test('in a container is measured by the limits of the container', async () => {
    const machine = await fakeMachine();
    const file = await inGroupV2(machine);
    await file('memory.max', 100_000_000);
    await file('memory.current', 96_000_000);
    await file('memory.stat', 'inactive_file 1000000');
    await file('cpu.max', '50000 100000');
    await file('cpu.stat', 'usage_usec 5000000');
    const { run, pass, samples, incidents } = await startPerformance({ machine });
    await run();
    expect((await samples('web-1')).memory_percent).toBe(95);
    expect(await incidents()).toMatchObject([
      { source: 'performance:web-1:memory_percent', severity: 'critical' },
    ]);
    pass(5);
    await machine.clock(1_300, 100);
    await file('cpu.stat', `usage_usec ${(5 + 141) * 1e6}`);
    await run();
    expect((await samples('web-1')).cpu_percent).toBe(94);
  });
});

describe('a threshold', () => {
  test('that is passed and missed by a hair twenty times is told once', async () => {
    const smtp = await startSmtp();
    const { machine, run, pass, incidents } = await startPerformance({
      env: {
        SMTP_URL: smtp.url,
        MAIL_FROM: 'Service <service@service.example>',
        ADMIN_EMAIL: 'boss@example.com',
      },
    });
    for (let round = 0; round < 10; round++) {
      for (const percent of [90.1, 89.9]) {
        await machine.memory(percent);
        await run();
        pass(5);
      }
    }
    expect(sources(await incidents())).toEqual(['performance:web-1:memory_percent']);
    // It has lasted for more than an hour: one reminder.
    expect(smtp.mails).toHaveLength(2);
    await machine.memory(85);
    expect((await run()).stats).toMatchObject({ recovered: 1 });
    expect(await incidents()).toHaveLength(1);
    expect(smtp.mails).toHaveLength(3);
  });

  test('is a setting, for all machines or for one', async () => {
    const { machine, run, set, pass, incidents } = await startPerformance();
    await machine.memory(70);
    await set('threshold.memory_percent', 60);
    await run();
    expect((await incidents())[0]?.message).toContain('threshold.memory_percent ');
    pass(5);
    await set('threshold.memory_percent.local', 75);
    await run();
    expect(sources(await incidents())).toEqual([]);
    pass(5);
    await set('threshold.memory_percent.web-1', 65);
    await run();
    expect((await incidents()).at(-1)?.message).toContain('threshold.memory_percent.web-1 ');
    await set('threshold.memory_percent.web-1', 75);
    pass(5);
    // One that cannot be read, or that nobody knows, counts as unset.
    await set('threshold.memory_percent.local', 'seventy');
    await set('threshold.memory_percent.web-1', 750);
    await set('threshold.memory', 1);
    await set('threshold.memory_percent', '');
    expect((await run()).stats).toMatchObject({ thresholdsExceeded: 0 });
  });

  test('of what is critical is told by SMS and mail', async () => {
    const [smtp, twilio] = await Promise.all([startSmtp(), startTwilio()]);
    const { machine, run } = await startPerformance({
      env: {
        SMTP_URL: smtp.url,
        MAIL_FROM: 'Service <service@service.example>',
        ADMIN_EMAIL: 'boss@example.com',
        ADMIN_SMS: '+33612345678',
        TWILIO_ACCOUNT_SID: twilio.accountSid,
        TWILIO_AUTH_TOKEN: twilio.authToken.reveal(),
        TWILIO_FROM: twilio.from,
        TWILIO_API_URL: twilio.apiUrl,
      },
    });
    await machine.memory(97);
    expect((await run()).stats).toMatchObject({ opened: 1, sent: 2 });
    expect([smtp.mails.length, twilio.sent.length]).toEqual([1, 1]);
    expect(twilio.sent[0]?.body).toContain('97 %');
  });
});

test.each(['2026-10-25T00:55:00Z', '2026-03-29T00:55:00Z'])(
  'the change of the clocks moves no figure (%s)',
  async (moment) => {
    const { machine, run, pass, samples } = await startPerformance({ at: Date.parse(moment) });
    for (let round = 0; round < 3; round++) {
      await machine.clock(1_000 + 300 * round, 100 + 300 * round);
      await run();
      if (round > 0) expect((await samples('web-1')).cpu_percent).toBe(25);
      pass(5);
    }
  },
);

test('what is gone leaves no incident behind: a machine after an hour, a mount after a day', async () => {
  const { db, run, pass, incidents } = await startPerformance();
  await db.rows(sql`
    insert into cronhook.incidents (source, severity, title, details, opened_at, last_seen_at)
    select source, 'important', source, '{}', seen, seen from (values
      ('performance:web-1:disk_percent:/gone', timestamptz '2026-11-20 10:00Z'),
      ('performance:web-1:disk_percent:/away', timestamptz '2026-11-20 12:00Z'),
      ('performance:old:9100:disk_percent:/', timestamptz '2026-11-21 10:30Z')
    ) as given (source, seen)
  `);
  await run();
  expect(sources(await incidents())).toEqual([
    'performance:web-1:disk_percent:/away',
    'performance:old:9100:disk_percent:/',
  ]);
  pass(31);
  await run();
  expect(sources(await incidents())).toEqual(['performance:web-1:disk_percent:/away']);
  pass(31);
  await run();
  expect(sources(await incidents())).toEqual([]);
});

describe('replicas on one database', () => {
  const startTwo = async () => {
    const one = await startPerformance();
    const other = await startPerformance({ databaseUrl: one.databaseUrl, hostname: 'web-2' });
    const pass = (minutes: number) => {
      one.pass(minutes);
      other.pass(minutes);
    };
    return { one, other, pass };
  };

  test('each alert of their own machine, by its name', async () => {
    const { one, other, pass } = await startTwo();
    await one.machine.memory(97);
    await one.run();
    pass(5);
    expect((await other.run()).stats).toMatchObject({ recovered: 0 });
    expect(await one.incidents()).toMatchObject([
      { title: 'Mémoire à 97 % sur web-1 (seuil 90 %)', open: true },
    ]);
    expect(await other.samples('web-2')).toHaveProperty('memory_percent');
    pass(5);
    await one.machine.memory(40);
    expect((await one.run()).stats).toMatchObject({ recovered: 1 });
  });

  test('that are called as something else that is measured have a name of their own', async () => {
    const { run, samples } = await startPerformance({ hostname: 'database\n' });
    await run();
    expect(await samples('database (2)')).toHaveProperty('memory_percent');
    expect(await samples('database')).not.toHaveProperty('memory_percent');
  });

  test('leave the incident of one alone that goes on measuring', async () => {
    const { one, other, pass } = await startTwo();
    await one.machine.memory(97);
    await one.run();
    // Neither wrong nor well.
    await one.machine.memory(88);
    pass(60);
    await one.machine.clock(4_600, 200);
    await one.run();
    pass(30);
    await other.run();
    expect(sources(await one.incidents())).toEqual(['performance:web-1:memory_percent']);
  });

  test('that a deployment has replaced are forgotten after an hour, without a word', async () => {
    const { one, other, pass } = await startTwo();
    await one.machine.memory(97);
    await one.run();
    pass(59);
    await other.run();
    expect(sources(await one.incidents())).toEqual(['performance:web-1:memory_percent']);
    pass(2);
    expect((await other.run()).stats).toMatchObject({ recovered: 0 });
    expect(sources(await one.incidents())).toEqual([]);
  });
});

test('a dry run measures, writes nothing, and says what it would open', async () => {
  const { machine, run, incidents, samples, readings } = await startPerformance();
  await machine.memory(97);
  const answer = await run('&dryRun=true');
  expect(answer.details).toContainEqual(
    expect.objectContaining({ item: 'performance:web-1:memory_percent', severity: 'critical' }),
  );
  expect([await incidents(), await samples('web-1'), await readings()]).toEqual([[], {}, []]);
});

test('two calls in the same moment store every sample once', async () => {
  const { run, samples } = await startPerformance();
  await run();
  const first = await samples('web-1');
  expect((await run()).status).toBe('succeeded');
  expect(Object.keys(await samples('web-1'))).toEqual(Object.keys(first));
});

test('a run whose incidents cannot be written stores nothing, and the next one all of it', async () => {
  const { db, machine, run, incidents, samples, readings } = await startPerformance();
  await db.query.execute(
    sql.raw(`
      create function refuse() returns trigger language plpgsql as $$ begin raise 'full'; end $$;
      create trigger refuse before insert on cronhook.incidents for each row
        when (new.source like 'performance:%') execute function refuse();
    `),
  );
  await machine.memory(97);
  expect((await run()).status).toBe('failed');
  expect([await samples('web-1'), await readings()]).toEqual([{}, []]);
  await db.query.execute(sql.raw('drop trigger refuse on cronhook.incidents'));
  expect((await run()).status).toBe('succeeded');
  expect(sources(await incidents())).toEqual(['performance:web-1:memory_percent']);
  expect(await samples('web-1')).toHaveProperty('memory_percent');
});

test('a view of the application may stand for the table of samples', async () => {
  const { db, run, samples } = await startPerformance();
  await db.query.execute(
    sql.raw(`
      create table public.measures (s text, m text, t timestamptz, v float8);
      drop table cronhook.metric_samples;
      create view cronhook.metric_samples as select s as source, m as metric, t as at, v as value from public.measures;
    `),
  );
  expect((await run()).status).toBe('succeeded');
  expect(await samples('web-1')).toHaveProperty('memory_percent');
});

test('the task that is served measures this very machine', async () => {
  const service = await startTestService();
  const answer = await read(service.call('/monitoring/performance?wait=240'));
  expect(answer).toMatchObject({
    status: 'succeeded',
    message: 'Contrôle des performances terminé avec succès',
  });
  const rows = await service.db.rows<{ metric: string }>(
    sql`select metric from cronhook.metric_samples where source = ${os.hostname()}`,
  );
  expect(rows.map(({ metric }) => metric)).toContain('load_1');
});
