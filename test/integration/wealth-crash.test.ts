import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { spawnRun } from '../support/run-process.js';
import { startTestService } from '../support/service.js';

const PROFILES = 20_000;
const KILLS = 4;

test('profiles whose runs are killed again and again have all their old totals or all their new ones', {
  timeout: 240_000,
}, async () => {
  const service = await startTestService();
  const { db } = service;
  const env = { DATABASE_URL: service.databaseUrl };
  await db.rows(sql`
    insert into cronhook.investor_profiles (user_id) select gen_random_uuid() from generate_series(1, ${PROFILES}::int)
  `);

  let kills = 0;
  for (let version = 1; version <= KILLS; version++) {
    await rewrite(service, version);
    const run = spawnRun('wealth', env);
    const wanted = (Math.random() * 8_000 * (version - 1)) / KILLS;
    while ((await finished(service, version)) <= wanted && run.child.exitCode === null) await sleep(5);
    if (run.child.exitCode === null) kills += 1;
    run.child.kill('SIGKILL');
    await run.ended;
    expect(await mixed(service)).toBe(0);
    await db.rows(sql`update cronhook.task_leases set expires_at = '-infinity'`);
  }
  expect(kills).toBeGreaterThan(0);
  const last = spawnRun('wealth', env);
  const [code] = await last.ended;
  expect(code, last.output()).toBe(0);

  expect(await finished(service, KILLS)).toBe(PROFILES);
  const afterKills = await digest(service);
  await db.rows(
    sql`update cronhook.investor_profiles set ${sql.raw(TOTALS.map((name) => `${name} = null`).join(', '))}`,
  );
  const unkilled = spawnRun('wealth', env);
  expect(await unkilled.ended).toEqual([0, null]);
  expect(await digest(service)).toBe(afterKills);
});

type Service = Awaited<ReturnType<typeof startTestService>>;

const TOTALS = [
  'calculated_total_liquidites',
  'calculated_total_placements',
  'calculated_total_immobilier_net',
  'calculated_total_cryptomonnaies',
  'calculated_total_autres_biens',
  'calculated_total_credits',
  'calculated_patrimoine_total_net',
];

/** Each version changes every list and the price; the totals are 1, 2, 3, 4, 5, 6 and 9 times the version. */
async function rewrite({ db }: Service, version: number): Promise<void> {
  const item = (valeur: number) => [{ nom: 'x', valeur: valeur * version }];
  const owed = (montant: number) => ({ montant: montant * version, taux: 2, duree: 10, date: '2999-01' });
  const house = { ...owed(0), valeur: 13 * version, has_credit: true, credit_montant: 10 * version };
  const lists = {
    liquidites_json: item(1),
    placements_json: item(2),
    immobilier_data_json: [{ ...house, credit_taux: 2, credit_duree: 10, credit_date: '2999-01' }],
    cryptomonnaies_json: [{ symbol: 'BTC', quantity: 4 }],
    autres_biens_json: item(5),
    credits_json: [owed(6)],
  };
  const assignments = Object.entries(lists).map(
    ([column, list]) => sql`${sql.raw(column)} = ${JSON.stringify(list)}::text::jsonb`,
  );
  await db.rows(sql`
    insert into cronhook.crypto_prices (symbol, price_eur, pair, updated_at) values ('BTC', ${version}, 'BTCEUR', now())
    on conflict (symbol) do update set price_eur = excluded.price_eur, updated_at = excluded.updated_at
  `);
  await db.rows(sql`update cronhook.investor_profiles set ${sql.join(assignments, sql`, `)}`);
}

const count = async ({ db }: Service, condition: ReturnType<typeof sql>): Promise<number> => {
  const [row] = await db.rows<{ count: number }>(
    sql`select count(*)::int as count from cronhook.investor_profiles where ${condition}`,
  );
  return row?.count ?? 0;
};

const all = sql.raw(`row(${TOTALS.join(', ')})`);

const finished = (service: Service, version: number): Promise<number> =>
  count(service, sql`calculated_total_liquidites = ${version}`);

/** Profiles with totals of different versions. */
const mixed = (service: Service): Promise<number> =>
  count(
    service,
    sql`calculated_at is not null and ${all} is distinct from row(${sql.raw(
      [1, 2, 3, 4, 5, 6, 9].map((factor) => `${factor} * calculated_total_liquidites`).join(', '),
    )})`,
  );

async function digest({ db }: Service): Promise<string | undefined> {
  const [row] = await db.rows<{ digest: string }>(
    sql`select md5(string_agg(${all}::text, ',' order by id)) as digest from cronhook.investor_profiles`,
  );
  return row?.digest;
}
