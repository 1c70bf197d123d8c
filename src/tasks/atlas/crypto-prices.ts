import { z } from 'zod';
import type { Tickers } from '../../clients/binance.js';
import { BinanceBusy } from '../../clients/binance-problem.js';
import type { Transaction } from '../../db/client.js';
import { describeError } from '../../errors.js';
import { plainLine } from '../../messages/layout-clean.js';
import { addNotifications } from '../../messages/notify.js';
import { type Capabilities, defineTask, type RunContext } from '../define.js';
import { forgetFailures, rememberFailures } from './crypto/failures.js';
import { thinHistory } from './crypto/history.js';
import { type Coin, judge, type Refused, type Verdict } from './crypto/judge.js';
import { rememberPause, respectPause } from './crypto/pause.js';
import { disableCoins, trackedCoins, writePrices } from './crypto/store.js';

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
    if (dryRun) return foresee(context, coins, verdict);
    const { updated, disabled } = await write(context, verdict);
    return { coins: coins.length, updated, disabled, pointsRemoved: await thinHistory(context) };
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

function foresee({ would }: CryptoContext, coins: Coin[], verdict: Verdict) {
  const { priced } = verdict;
  const hopeless = hopelessOf(blamedOf(verdict));
  for (const { symbol, price, pair } of priced) would(symbol, { priceEur: price, pair });
  for (const { coin } of hopeless) would(coin.symbol, { action: 'disable' });
  return { coins: coins.length, updated: priced.length, disabled: hopeless.length, pointsRemoved: 0 };
}

/** When so many coins fail at once, and most of them, Binance's answer is to blame. */
const SUSPECT_FAILURES = 10;

/** Coins that have no price by their own fault. */
function blamedOf({ priced, refused }: Verdict): Refused[] {
  if (refused.length > SUSPECT_FAILURES && refused.length > priced.length) return [];
  return refused.filter(({ own }) => own);
}

const hopelessOf = (blamed: Refused[]): Refused[] => blamed.filter(({ coin }) => coin.failingForAWeek);

const symbolsOf = (refused: Refused[]): string[] => refused.map(({ coin }) => coin.symbol);

/** Prices, history, who is to blame, the end of hopeless coins and the notices of it, all at once or not at all. */
async function write({ db, now, messages }: CryptoContext, verdict: Verdict) {
  const at = now();
  const { priced } = verdict;
  const blamed = blamedOf(verdict);
  const hopeless = hopelessOf(blamed);
  return db.write(async (tx: Transaction) => {
    const updated = await writePrices(tx, priced, at);
    const disabled = new Set(await disableCoins(tx, symbolsOf(hopeless)));
    await rememberFailures(tx, symbolsOf(blamed), at);
    await forgetFailures(
      tx,
      priced.map(({ symbol }) => symbol),
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
