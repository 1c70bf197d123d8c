import { sql } from 'drizzle-orm';
import type { AppDependencies } from '../../routes/environment.js';

/** Near enough to the market that the first prices of Binance are believed. */
const PRICES = [
  { symbol: 'BTC', price: '78420.5', pair: 'BTCEUR' },
  { symbol: 'ETH', price: '2610.42', pair: 'ETHEUR' },
  { symbol: 'SOL', price: '121.37', pair: 'SOLEUR' },
];

const PROFILES = [
  {
    id: '0a000000-0000-4000-8000-000000000011',
    liquidites_json: [
      { nom: 'Compte courant', valeur: 4_312.58 },
      { nom: 'Livret A', valeur: '22950.00' },
    ],
    placements_json: [{ nom: 'Assurance vie', valeur: 48_200 }],
    immobilier_data_json: [
      {
        nom: 'Maison, rue des Tanneurs',
        valeur: 312_000,
        has_credit: true,
        credit_montant: 240_000,
        credit_taux: 1.35,
        credit_duree: 20,
        credit_date: '2019-06',
      },
      { nom: 'Garage', valeur: 14_500, has_credit: false },
    ],
    cryptomonnaies_json: [
      { nom: 'Bitcoin', symbol: 'BTC', quantity: '0.18500000' },
      { nom: 'Ethereum', symbol: 'ETH', quantity: 2.4 },
    ],
    autres_biens_json: [{ nom: 'Fourgon', valeur: 9_800 }],
    credits_json: [{ nom: 'Fourgon', montant: 12_000, taux: 3.9, duree: 4, date: '2025-03' }],
  },
  {
    id: '0a000000-0000-4000-8000-000000000012',
    liquidites_json: [{ nom: 'Livret jeune', valeur: 1_600 }],
    placements_json: [{ nom: 'PEA', valeur: '7345.20' }],
    immobilier_data_json: [],
    cryptomonnaies_json: [{ nom: 'Solana', symbol: 'SOL', quantity: 31 }],
    autres_biens_json: [],
    credits_json: [{ nom: 'Prêt étudiant', montant: 15_000, taux: 0.9, duree: 5, date: '2023-09' }],
  },
];

/** Investors with loans and coins, and prices of these coins, so that `wealth` works without the Internet. */
export async function addAtlasSample(
  { db, now }: Pick<AppDependencies, 'db' | 'now'>,
  investors: [string, string],
): Promise<void> {
  const rows = PROFILES.map((profile, index) => ({ ...profile, email: investors[index] }));
  await db.rows(sql`
    insert into cronhook.investor_profiles (id, user_id, liquidites_json, placements_json, immobilier_data_json,
      cryptomonnaies_json, autres_biens_json, credits_json)
    select profile.id, "user".id, liquidites_json, placements_json, immobilier_data_json, cryptomonnaies_json,
      autres_biens_json, credits_json
    from json_to_recordset(${JSON.stringify(rows)}::json) as profile (id uuid, email text, liquidites_json jsonb,
        placements_json jsonb, immobilier_data_json jsonb, cryptomonnaies_json jsonb, autres_biens_json jsonb,
        credits_json jsonb)
      join cronhook.users "user" using (email)
    on conflict do nothing
  `);
  await db.rows(sql`
    with priced as (
      insert into cronhook.crypto_prices (symbol, price_eur, pair, updated_at)
      select symbol, price, pair, ${now().toISOString()}::timestamptz
      from json_to_recordset(${JSON.stringify(PRICES)}::json) as coin (symbol text, price numeric, pair text)
      on conflict do nothing returning symbol, updated_at, price_eur
    )
    insert into cronhook.crypto_price_history (symbol, at, price_eur) select * from priced on conflict do nothing
  `);
}
