import { sql } from 'drizzle-orm';
import { type Database, rowsOf } from '../src/db/client.js';
import { atMost, type Bench, inTurn, timed } from './bench.js';
import { POSTGRES_NOTE, startPostgres, startService } from './service.js';

const RECALCULATE = '/wealth/recalculate?wait=3600';
/** As many as the task takes at once. */
const BATCH = 2_000;

export const bench: Bench = {
  async measure(options) {
    const { quick, say } = options;
    const profiles = quick ? 2_000 : 100_000;
    const runs = options.runs ?? (quick ? 1 : 5);
    const postgres = await startPostgres(options);
    const service = await startService(postgres, { env: { TASKS: 'wealth' } });
    options.atEnd(service.stop);
    const { db } = service;
    say(`${profiles} profiles`);
    await fill(db, profiles);

    const figure = async () => {
      await forget(db);
      return timed(async () => {
        const answer = await service.call('POST', RECALCULATE);
        const { changed } = answer.stats as { changed: number };
        if (changed !== profiles) throw new Error(`the task answered ${JSON.stringify(answer)}`);
      });
    };
    const baseline = async () => {
      await forget(db);
      return timed(() => readAndWrite(db));
    };
    say('warming up');
    await figure();
    await baseline();
    const taken = await inTurn(runs, say, { figure, baseline });
    return {
      ...taken,
      unit: 'ms',
      goal: atMost(2),
      notes: [
        `${profiles} profiles, each of 12 entries with two loans and three coins, every total changed; median of ${runs} runs in turn`,
        `the baseline reads the same lists and writes the same columns in the same batches; ${POSTGRES_NOTE}`,
      ],
    };
  },
};

/** Profiles as people have them, no two alike. */
async function fill(db: Database, profiles: number): Promise<void> {
  await db.rows(sql`
    insert into cronhook.crypto_prices (symbol, price_eur, pair, updated_at)
    values ('BTC', 81234.56, 'BTCEUR', now()), ('ETH', 2567.89, 'ETHEUR', now()), ('SHIB', 0.00000729, 'SHIBEUR', now())
  `);
  await db.rows(sql`
    insert into cronhook.investor_profiles (user_id, liquidites_json, placements_json, immobilier_data_json,
      cryptomonnaies_json, autres_biens_json, credits_json)
    select gen_random_uuid(),
      json_build_array(json_build_object('nom', 'Compte courant', 'valeur', n % 9000 + 0.55),
        json_build_object('nom', 'Livret A', 'valeur', n % 22950)),
      json_build_array(json_build_object('nom', 'Assurance vie', 'valeur', n + 0.1),
        json_build_object('nom', 'PEA', 'valeur', n % 150000), json_build_object('nom', 'SCPI', 'valeur', 10000)),
      json_build_array(json_build_object('nom', 'Résidence principale', 'valeur', 250000 + n, 'has_credit', true,
        'credit_montant', 200000 + n, 'credit_taux', (105 + n % 300) * 0.01, 'credit_duree', 20 + n % 6,
        'credit_date', 2012 + n % 14 || '-' || to_char(n % 12 + 1, 'FM00')),
        json_build_object('nom', 'Garage', 'valeur', 18000, 'has_credit', false)),
      json_build_array(json_build_object('symbol', 'BTC', 'quantity', round(n % 100 / 97.0, 8)),
        json_build_object('symbol', 'ETH', 'quantity', round(n % 50 / 7.0, 8)), json_build_object('symbol', 'SHIB', 'quantity', n)),
      json_build_array(json_build_object('nom', 'Voiture', 'valeur', 12500)),
      json_build_array(json_build_object('nom', 'Crédit auto', 'montant', 15000 + n % 900, 'taux', 4.9, 'duree', 5,
        'date', '2024-' || to_char(n % 12 + 1, 'FM00')))
    from generate_series(1, ${profiles}::int) n
  `);
}

/** All totals as they were before the first run, in a table as tidy as it was then. */
async function forget(db: Database): Promise<void> {
  await db.rows(sql`update cronhook.investor_profiles set ${assigned('null')}, calculated_at = null`);
  await db.rows(sql`vacuum full analyze cronhook.investor_profiles`);
  await db.rows(sql`checkpoint`);
}

const LISTS = ['liquidites', 'placements', 'immobilier_data', 'cryptomonnaies', 'autres_biens', 'credits'];
const TOTALS = [
  'total_liquidites',
  'total_placements',
  'total_immobilier_net',
  'total_cryptomonnaies',
  'total_autres_biens',
  'total_credits',
  'patrimoine_total_net',
];

const lists = sql.raw(LISTS.map((name) => `${name}_json::text`).join(', '));
const assigned = (value: string) => sql.raw(TOTALS.map((name) => `calculated_${name} = ${value}`).join(', '));

async function readAndWrite(db: Database): Promise<void> {
  let after = '00000000-0000-0000-0000-000000000000';
  for (;;) {
    const rows = await db.rows<{ id: string }>(sql`
      select id, ${lists} from cronhook.investor_profiles where id > ${after}::uuid order by id limit ${BATCH}
    `);
    const last = rows.at(-1);
    if (!last) return;
    after = last.id;
    const totals = ['1', '2', '3', '4', '5', '6', '9'].map((digit) => `${digit}2345.67`);
    const fresh = JSON.stringify(rows.map(({ id }) => ({ id, totals })));
    await db.transaction((tx) =>
      rowsOf(
        tx,
        sql`
          update cronhook.investor_profiles profile set
            ${sql.raw(TOTALS.map((name, index) => `calculated_${name} = fresh.totals[${index + 1}]`).join(', '))},
            calculated_at = ${new Date().toISOString()}::timestamptz
          from json_to_recordset(${fresh}::json) as fresh (id uuid, totals numeric(16,2)[])
          where profile.id = fresh.id
        `,
      ),
    );
  }
}
