import { z } from 'zod';
import type { Tickers } from '../../clients/binance.js';
import { BinanceBusy } from '../../clients/binance-problem.js';
import type { Transaction } from '../../db/client.js';
import { describeError } from '../../errors.js';
import { plainLine } from '../../messages/layout-clean.js';
import { addNotifications } from '../../messages/notify.js';
import { type Capabilities, defineTask, type RunContext } from '../define.js';
import { type Coin, judge, type Verdict } from './crypto/judge.js';
import { rememberPause, respectPause } from './crypto/pause.js';
import { disableCoins, thinHistory, trackedCoins, writePrices } from './crypto/store.js';

export const cryptoPrices = defineTask({
  name: 'crypto-prices',
  path: '/crypto/refresh-prices',
  schedule: '5 * * * *',
  product: 'atlas',
  summary: 'Refresh the EUR price of every tracked coin, and thin its history',
  success: (t) => t.tasks['crypto-prices'].success,
  timeoutMs: 120_000,
  needs: ['db', 'binance'],
  input: z.object({}),
  async run(context) {
    const { db, now, fail, dryRun } = context;
    await respectPause(context);
    const coins = await trackedCoins(db, now());
    const tickers = await askBinance(context);
    if (!tickers) return { coins: coins.length, updated: 0, disabled: 0, pointsRemoved: 0 };
    const verdict = judge(coins, tickers);
    for (const { coin, why } of verdict.refused) fail(coin.symbol, why);
    const hopeless = hopelessCoins(verdict);
    if (dryRun) return foresee(context, coins, verdict, hopeless);
    const { updated, disabled } = await write(context, verdict, hopeless);
    return { coins: coins.length, updated, disabled, pointsRemoved: await thin(context) };
  },
});

type CryptoContext = RunContext<unknown> & Pick<Capabilities, 'db' | 'binance'>;

/** @returns nothing when Binance wants no calls for now */
async function askBinance(context: CryptoContext): Promise<Tickers | undefined> {
  try {
    return await context.binance.tickers(context.signal);
  } catch (error) {
    if (!(error instanceof BinanceBusy)) throw error;
    await rememberPause(context, error);
    return undefined;
  }
}

/** When so many coins fail at once, and most of them, Binance's answer is to blame. */
const SUSPECT_FAILURES = 10;

/** Coins that have had no price for a week, by their own fault. */
function hopelessCoins({ priced, refused }: Verdict): Verdict['refused'] {
  if (refused.length > SUSPECT_FAILURES && refused.length > priced.length) return [];
  return refused.filter(({ coin, own }) => own && coin.weekOld);
}

function foresee({ would }: CryptoContext, coins: Coin[], { priced }: Verdict, hopeless: Verdict['refused']) {
  for (const { symbol, price, pair } of priced) would(symbol, { priceEur: price, pair });
  for (const { coin } of hopeless) would(coin.symbol, { action: 'disable' });
  return { coins: coins.length, updated: priced.length, disabled: hopeless.length, pointsRemoved: 0 };
}

/** Prices, history, the end of hopeless coins and the notices of it, all at once or not at all. */
async function write(
  { db, now, messages }: CryptoContext,
  { priced }: Verdict,
  hopeless: Verdict['refused'],
) {
  const at = now();
  return db.write(async (tx: Transaction) => {
    const updated = await writePrices(tx, priced, at);
    const disabled = new Set(
      await disableCoins(
        tx,
        hopeless.map(({ coin }) => coin.symbol),
      ),
    );
    const notices = hopeless
      .filter(({ coin }) => disabled.has(coin.symbol))
      .map(({ coin, why }) => ({
        userId: null,
        kind: 'crypto_disabled',
        severity: 'important' as const,
        dedupeKey: `crypto-disabled:${coin.symbol}:${at.toISOString()}`,
        link: null,
        ...messages.crypto.disabled({
          symbol: plainLine(coin.symbol, 20),
          name: plainLine(coin.name, 100),
          why: describeError(why, messages),
        }),
      }));
    await addNotifications(tx, notices);
    return { updated, disabled: disabled.size };
  });
}

async function thin({ db, now, site, outOfTime }: CryptoContext): Promise<number> {
  let total = 0;
  for (let more = true; more && !outOfTime(); ) {
    const thinned = await thinHistory(db, now(), site.timeZone);
    total += thinned.removed;
    more = thinned.more;
  }
  return total;
}
