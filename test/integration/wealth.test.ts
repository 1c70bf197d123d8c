import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import postgres from 'postgres';
import { describe, expect, onTestFinished, test } from 'vitest';
import { wealth } from '../../src/tasks/atlas/wealth.js';
import type { AnyTask, RunContext, TaskDatabase } from '../../src/tasks/define.js';
import { lokario } from '../support/lokario.js';
import { onSharedDatabase, read } from '../support/service.js';

const start = onSharedDatabase();

type Context = RunContext<never> & { db: TaskDatabase };

/** The task with something else in its surroundings. */
const wealthWith = (change: (context: Context) => Partial<Context>): AnyTask => ({
  ...wealth,
  run: (context) => wealth.run({ ...context, ...change(context) }),
});

async function startAtlas(options: { tasks?: AnyTask[]; env?: Record<string, string> } = {}) {
  let now = new Date('2026-11-21T02:15:00Z');
  const service = await start({ ...options, now: () => now });
  const { db, call } = service;
  await db.rows(sql`truncate cronhook.investor_profiles, cronhook.crypto_prices`);
  const { insert } = lokario(service);
  const rows = () =>
    db.rows<Record<string, string>>(sql`select * from cronhook.investor_profiles order by id`);
  return {
    ...service,
    turn: (moment: string) => (now = new Date(moment)),
    run: (query = '') => read(call(`/wealth/recalculate?wait=120${query}`)),
    price: (symbol: string, euros: string, at = '2026-11-21T02:05:00Z') =>
      db.rows(sql`
        insert into cronhook.crypto_prices (symbol, price_eur, pair, updated_at)
        values (${symbol}, ${euros}::numeric, ${`${symbol}EUR`}, ${at}::timestamptz)
        on conflict (symbol) do update set price_eur = excluded.price_eur, updated_at = excluded.updated_at
      `),
    profile: (lists: Record<string, unknown> = {}) => {
      const empty = { liquidites_json: [], placements_json: [], immobilier_data_json: [] };
      const none = { cryptomonnaies_json: [], autres_biens_json: [], credits_json: [] };
      return insert('investor_profiles', {
        id: randomUUID(),
        user_id: randomUUID(),
        ...empty,
        ...none,
        ...lists,
      });
    },
    change: (id: string, column: string, value: unknown) =>
      db.rows(sql`
        update cronhook.investor_profiles set ${sql.raw(column)} = ${JSON.stringify(value)}::jsonb where id = ${id}::uuid
      `),
    async totals(id: string) {
      const row = (await rows()).find((profile) => profile.id === id) ?? {};
      return {
        liquidites: row.calculated_total_liquidites,
        placements: row.calculated_total_placements,
        immobilier: row.calculated_total_immobilier_net,
        crypto: row.calculated_total_cryptomonnaies,
        autres: row.calculated_total_autres_biens,
        credits: row.calculated_total_credits,
        net: row.calculated_patrimoine_total_net,
        at: row.calculated_at,
      };
    },
    calculated: async () =>
      (await rows()).filter(({ calculated_at }) => calculated_at).map(({ id }) => id as string),
  };
}

const savings = (valeur: unknown) => [{ nom: 'Livret', valeur }];

const HOUSE = {
  nom: 'Maison',
  valeur: 250_000,
  has_credit: true,
  credit_montant: 398_483,
  credit_taux: 3.12,
  credit_duree: 0.8333,
  credit_date: '2026-08',
};

describe('the totals of a profile', () => {
  test('are written to its columns, and again only when they change', async () => {
    const atlas = await startAtlas();
    await atlas.price('BTC', '81234.56');
    const id = await atlas.profile({
      liquidites_json: savings('1500.50'),
      placements_json: savings(20_000),
      immobilier_data_json: [HOUSE],
      cryptomonnaies_json: [{ symbol: 'btc', quantity: 0.5 }],
      autres_biens_json: savings(800.1),
      credits_json: [{ nom: 'Auto', montant: 100, taux: 0, duree: 0.25, date: '2026-10' }],
    });
    expect(await atlas.run()).toMatchObject({
      status: 'succeeded',
      message: 'Recalcul des patrimoines terminé avec succès',
      stats: { profiles: 1, changed: 1, unchanged: 0, failed: 0, stalePrices: 0, remaining: 0 },
    });
    const totals = {
      liquidites: '1500.50',
      placements: '20000.00',
      // Three of ten instalments are paid: 280,022.66 remain.
      immobilier: '-30022.66',
      crypto: '40617.28',
      autres: '800.10',
      credits: '66.67',
      net: '32828.55',
    };
    const written = await atlas.totals(id);
    expect(written).toMatchObject(totals);
    atlas.turn('2026-11-22T02:15:00Z');
    expect((await atlas.run()).stats).toMatchObject({ profiles: 1, changed: 0, unchanged: 1 });
    expect(await atlas.totals(id)).toEqual(written);
    await atlas.price('BTC', '90000', '2026-11-22T02:05:00Z');
    expect((await atlas.run()).stats).toMatchObject({ changed: 1 });
    const next = await atlas.totals(id);
    expect(next).toMatchObject({ ...totals, crypto: '45000.00', net: '37211.27' });
    expect(next.at).not.toBe(written.at);
  });

  test('count the months of TIMEZONE: at 23:30 UTC of the last of November it is December in Paris', async () => {
    const atlas = await startAtlas();
    const id = await atlas.profile({ immobilier_data_json: [HOUSE] });
    atlas.turn('2026-11-30T22:30:00Z');
    await atlas.run();
    expect(await atlas.totals(id)).toMatchObject({ immobilier: '-30022.66' });
    atlas.turn('2026-11-30T23:30:00Z');
    await atlas.run();
    expect(await atlas.totals(id)).toMatchObject({ immobilier: '9669.63' });
  });

  test('are of the full amount before the loan starts, and of nothing owed when it has ended', async () => {
    const atlas = await startAtlas();
    const id = await atlas.profile({ immobilier_data_json: [HOUSE] });
    for (const [moment, net] of [
      ['2026-07-31T12:00:00Z', '-148483.00'],
      ['2026-08-31T12:00:00Z', '-148483.00'],
      ['2027-05-31T12:00:00Z', '209684.46'],
      ['2027-06-01T12:00:00Z', '250000.00'],
    ] as const) {
      atlas.turn(moment);
      await atlas.run();
      expect([moment, (await atlas.totals(id)).immobilier]).toEqual([moment, net]);
    }
  });

  test('use a price of three days ago, which the run tells', async () => {
    const atlas = await startAtlas();
    await atlas.price('BTC', '80000', '2026-11-18T02:00:00Z');
    await atlas.price('ETH', '2000', '2026-11-18T02:00:00Z');
    const id = await atlas.profile({ cryptomonnaies_json: [{ symbol: 'BTC', quantity: 1 }] });
    expect(await atlas.run()).toMatchObject({ status: 'succeeded', stats: { changed: 1, stalePrices: 1 } });
    expect(await atlas.totals(id)).toMatchObject({ crypto: '80000.00' });
  });

  test('are written through a view that stands for the table', async () => {
    const atlas = await startAtlas();
    await atlas.db.rows(sql`alter table cronhook.investor_profiles rename to real_profiles`);
    await atlas.db.rows(sql`create view cronhook.investor_profiles as select * from cronhook.real_profiles`);
    try {
      const id = await atlas.profile({ liquidites_json: savings(12) });
      expect((await atlas.run()).stats).toMatchObject({ changed: 1, failed: 0 });
      expect(await atlas.totals(id)).toMatchObject({ liquidites: '12.00' });
    } finally {
      await atlas.db.rows(sql`drop view cronhook.investor_profiles`);
      await atlas.db.rows(sql`alter table cronhook.real_profiles rename to investor_profiles`);
    }
  });
});

describe('a profile with a part that cannot be calculated', () => {
  test('never shows 874 € instead of 83,523 €', async () => {
    const atlas = await startAtlas();
    await atlas.price('BTC', '82649');
    const id = await atlas.profile({
      liquidites_json: savings(874),
      cryptomonnaies_json: [{ symbol: 'BTC', quantity: 1 }],
    });
    await atlas.run();
    const good = await atlas.totals(id);
    expect(good).toMatchObject({ net: '83523.00' });
    const breakages: (() => Promise<unknown>)[] = [
      () => atlas.db.rows(sql`truncate cronhook.crypto_prices`),
      () => atlas.change(id, 'cryptomonnaies_json', [{ symbol: 'BTC' }]),
      () => atlas.change(id, 'cryptomonnaies_json', null),
      () => atlas.change(id, 'cryptomonnaies_json', [{ symbol: 'BTC', quantity: '1,5' }]),
    ];
    for (const spoil of breakages) {
      await spoil();
      expect(await atlas.run()).toMatchObject({ status: 'partial', stats: { changed: 0, failed: 1 } });
      expect(await atlas.totals(id)).toEqual(good);
    }
  });

  test('keeps all its old totals and is named with what to correct; the others are done', async () => {
    const atlas = await startAtlas();
    const broken = await atlas.profile({
      liquidites_json: savings(1),
      credits_json: [{ nom: 'x', montant: 5 }],
    });
    const large = await atlas.profile({
      liquidites_json: savings('99999999999999.99'),
      placements_json: savings(1),
    });
    const fine = await atlas.profile({ liquidites_json: savings(7) });
    const { status, errors, stats } = await atlas.run();
    expect(status).toBe('partial');
    expect(stats).toMatchObject({ profiles: 3, changed: 1, failed: 2 });
    expect(new Map(errors.map(({ item, message }) => [item, message]))).toEqual(
      new Map([
        [
          broken,
          'Anciens totaux conservés. credits_json, élément 1 : taux manque ; credits_json, élément 1 : duree manque ; credits_json, élément 1 : date manque',
        ],
        [
          large,
          'Anciens totaux conservés. calculated_patrimoine_total_net dépasserait 14 chiffres : vérifiez les montants',
        ],
      ]),
    );
    expect(await atlas.calculated()).toEqual([fine]);
  });

  test('that the database refuses is named, and stops no other', async () => {
    const atlas = await startAtlas();
    await atlas.db.rows(sql`
      alter table cronhook.investor_profiles add constraint refused check (calculated_total_liquidites < 1000)
    `);
    try {
      const refused = await atlas.profile({ liquidites_json: savings(1_000) });
      const fine = [await atlas.profile(), await atlas.profile()].sort();
      const { status, errors, stats } = await atlas.run();
      expect(status).toBe('partial');
      expect(stats).toMatchObject({ profiles: 3, changed: 2, failed: 1 });
      expect(errors).toMatchObject([
        { item: refused, message: expect.stringContaining('refuse les totaux de ce profil (23514') },
      ]);
      expect(await atlas.calculated()).toEqual(fine);
    } finally {
      await atlas.db.rows(sql`alter table cronhook.investor_profiles drop constraint refused`);
    }
  });
});

describe('a profile that the application changes meanwhile', () => {
  /** Does something between the first reading and the first writing. */
  const between = (work: () => Promise<unknown>) => {
    let done = false;
    return wealthWith(({ db }) => ({
      db: {
        ...db,
        write: async (writing) => {
          if (!done) {
            done = true;
            await work();
          }
          return db.write(writing);
        },
      },
    }));
  };

  test('gets the totals of its new lists, not of the old ones', async () => {
    let edit = async () => {};
    const atlas = await startAtlas({ tasks: [between(() => edit())] });
    const id = await atlas.profile({ liquidites_json: savings(1) });
    const other = await atlas.profile({ liquidites_json: savings(3) });
    edit = async () => void (await atlas.change(id, 'liquidites_json', savings(2)));
    expect((await atlas.run()).stats).toMatchObject({ profiles: 2, changed: 2, failed: 0 });
    expect(await atlas.totals(id)).toMatchObject({ liquidites: '2.00' });
    expect(await atlas.totals(other)).toMatchObject({ liquidites: '3.00' });
  });

  test('and deletes is forgotten', async () => {
    const atlas = await startAtlas({
      tasks: [between(() => atlas.db.rows(sql`delete from cronhook.investor_profiles`))],
    });
    await atlas.profile();
    expect(await atlas.run()).toMatchObject({ status: 'succeeded', stats: { profiles: 0, changed: 0 } });
  });

  test('is not waited for: it is named, and done at the next call', async () => {
    const atlas = await startAtlas();
    const busy = await atlas.profile({ liquidites_json: savings(1) });
    const fine = await atlas.profile({ liquidites_json: savings(2) });
    const client = postgres(atlas.databaseUrl, { max: 1 });
    onTestFinished(() => client.end({ timeout: 1 }));
    const connection = await client.reserve();
    await connection`begin`;
    await connection`update cronhook.investor_profiles set liquidites_json = ${'[]'}::text::jsonb where id = ${busy}`;
    const { status, errors } = await atlas.run();
    expect(status).toBe('partial');
    expect(errors).toMatchObject([
      { item: busy, message: expect.stringContaining('en cours de modification') },
    ]);
    expect(await atlas.calculated()).toEqual([fine]);
    await connection`commit`;
    connection.release();
    expect((await atlas.run()).stats).toMatchObject({ changed: 1, unchanged: 1, failed: 0 });
    expect(await atlas.totals(busy)).toMatchObject({ liquidites: '0.00' });
  });
});

describe('a call', () => {
  test('with a profile does that one', async () => {
    const atlas = await startAtlas();
    const id = await atlas.profile({ liquidites_json: savings(1) });
    await atlas.profile();
    expect((await atlas.run(`&profile=${id}`)).stats).toMatchObject({ profiles: 1, changed: 1 });
    expect(await atlas.calculated()).toEqual([id]);
  });

  test('with a profile says nothing of how the task fares: neither alarm nor all-clear', async () => {
    const atlas = await startAtlas();
    const bad = await atlas.profile({ liquidites_json: [{ nom: 'Livret' }] });
    const good = await atlas.profile();
    const open = () => atlas.db.rows(sql`select 1 from cronhook.incidents where resolved_at is null`);
    for (let calls = 0; calls < 3; calls++) await atlas.run(`&profile=${bad}`);
    expect(await open()).toEqual([]);
    for (let calls = 0; calls < 2; calls++) await atlas.run();
    expect(await open()).toHaveLength(1);
    await atlas.run(`&profile=${good}`);
    expect(await open()).toHaveLength(1);
  });

  test('with a profile that is not there, or cannot be, says so', async () => {
    const atlas = await startAtlas();
    const id = randomUUID();
    const unknown = await atlas.call(`/wealth/recalculate?wait=60&profile=${id}`);
    expect(unknown.status).toBe(400);
    expect(await read(unknown)).toMatchObject({
      status: 'failed',
      error: 'invalid_parameters',
      message: `Aucun profil ${id} dans investor_profiles : vérifiez le paramètre profile`,
    });
    const invalid = await atlas.call('/wealth/recalculate?profile=12');
    expect(invalid.status).toBe(400);
    expect((await read(invalid)).message).toContain('profile : attendu un UUID');
  });

  test('with dryRun tells the new totals and writes none', async () => {
    const atlas = await startAtlas();
    const id = await atlas.profile({ liquidites_json: savings(5) });
    const { stats, details } = await atlas.run('&dryRun=true');
    expect(stats).toMatchObject({ profiles: 1, changed: 1 });
    expect(details).toMatchObject([
      {
        item: id,
        action: 'update',
        calculated_total_liquidites: '5.00',
        calculated_patrimoine_total_net: '5.00',
      },
    ]);
    expect(await atlas.calculated()).toEqual([]);
  });
});

describe('many profiles', () => {
  const fill = ({ db }: Awaited<ReturnType<typeof startAtlas>>, count: number) =>
    db.rows(sql`
      insert into cronhook.investor_profiles (user_id, liquidites_json)
      select gen_random_uuid(), json_build_array(json_build_object('nom', 'x', 'valeur', n)) from generate_series(1, ${count}::int) n
    `);

  test('that take too long are gone on with where the last run stopped, and then from the beginning', async () => {
    let late = true;
    const atlas = await startAtlas({ tasks: [wealthWith(() => ({ outOfTime: () => late }))] });
    await fill(atlas, 4_500);
    expect((await atlas.run()).stats).toMatchObject({ profiles: 2_000, remaining: 2_500 });
    expect(await atlas.calculated()).toHaveLength(2_000);
    // A run for one profile, and a dry one, are not that run.
    const [first = ''] = await atlas.calculated();
    await atlas.run(`&profile=${first}`);
    await atlas.run('&dryRun=true');
    expect((await atlas.run()).stats).toMatchObject({ profiles: 2_000, changed: 2_000, remaining: 2_500 });
    late = false;
    expect((await atlas.run()).stats).toMatchObject({
      profiles: 4_500,
      changed: 500,
      unchanged: 4_000,
      remaining: 0,
    });
    expect(await atlas.calculated()).toHaveLength(4_500);
  });

  test('whose run dies after a batch are all done by the next', async () => {
    let writes = 0;
    const dying = wealthWith(({ db }) => ({
      db: {
        ...db,
        write: async (work) => {
          writes += 1;
          const first = writes === 1;
          const written = await db.write(work);
          if (first) throw Object.assign(new Error('gone'), { name: 'PostgresError', code: '57P01' });
          return written;
        },
      },
    }));
    const atlas = await startAtlas({ tasks: [dying] });
    await fill(atlas, 4_500);
    expect((await atlas.run()).status).toBe('failed');
    // The batch after it was on its way, and has arrived.
    expect(await atlas.calculated()).toHaveLength(4_000);
    expect((await atlas.run()).stats).toMatchObject({
      profiles: 4_500,
      changed: 500,
      unchanged: 4_000,
      remaining: 0,
    });
  });
});
