import { Hono } from 'hono';
import { AppError } from '../errors.js';
import type { Messages } from '../locales/index.js';
import {
  accepts,
  namedSettings,
  PRICING_SETTINGS,
  pricingSettings,
  readSetting,
  type Setting,
  type SettingValue,
  settingAt,
  storedSettings,
  storeSettings,
  THRESHOLDS,
  thresholdSetting,
} from '../settings.js';
import { usageToday } from '../tasks/pricing/usage.js';
import type { AppDependencies, AppEnvironment } from './environment.js';
import { type Fields, requireSecret } from './request.js';

/** What people may set while the service runs: the pricing batch and its rule, thresholds, tasks on and off. */
export function settingRoutes(deps: AppDependencies): Hono<AppEnvironment> {
  const named = namedSettings(deps.tasks);
  const answer = async () => {
    const stored = await storedSettings(deps.db);
    const { daily_api_limit } = pricingSettings(stored);
    return {
      settings: shownSettings(named, stored),
      usage: await usageToday(deps.db, daily_api_limit, deps.now()),
    };
  };
  return new Hono<AppEnvironment>()
    .get('/settings', async (c) => {
      await requireSecret(c, deps);
      return c.json(await answer());
    })
    .put('/settings', async (c) => {
      const body = await requireSecret(c, deps);
      if ('error' in body) throw body.error;
      const given = checkedSettings(body.fields, named, deps.messages);
      if (given.size > 0) await storeSettings(deps.db, given, { named, now: deps.now() });
      return c.json(await answer());
    });
}

interface ShownSetting {
  type: Setting['type'];
  default: SettingValue;
  value: SettingValue;
}

/** All that have a name, and the thresholds that were set. */
function shownSettings(
  named: Map<string, Setting>,
  stored: Map<string, string>,
): Record<string, ShownSetting> {
  const keys = [...named.keys(), ...[...stored.keys()].filter((key) => !named.has(key)).sort()];
  const shown: Record<string, ShownSetting> = {};
  for (const key of keys) {
    const setting = settingAt(key, named);
    if (!setting) continue;
    const text = stored.get(key);
    // One that cannot be read has its default, here as everywhere.
    const value = text === undefined ? undefined : readSetting(setting, text);
    shown[key] = { type: setting.type, default: setting.default, value: value ?? setting.default };
  }
  return shown;
}

const MOST_PROBLEMS = 10;
const LONGEST_KEY = 60;

/** @throws {AppError} invalid_parameters, naming every key that is unknown, else every value that is wrong */
function checkedSettings(
  fields: Fields,
  named: Map<string, Setting>,
  messages: Messages,
): Map<string, SettingValue> {
  const values = new Map<string, SettingValue>();
  const unknown: string[] = [];
  const problems: string[] = [];
  for (const [key, value] of Object.entries(fields)) {
    const setting = settingAt(key, named);
    if (!setting) unknown.push(key.slice(0, LONGEST_KEY).toWellFormed());
    else if (value === null || accepts(setting, value)) values.set(key, value);
    else problems.push(messages.errors.parameterInvalid(key, expectationOf(setting, messages)));
  }
  if (unknown.length > 0) {
    const known = [
      ...Object.keys(PRICING_SETTINGS),
      'refresh_views',
      ...Object.keys(THRESHOLDS).map((name) => thresholdSetting(name)),
      'threshold.<name>.<machine>',
      'task.<name>.enabled',
      'task.<name>.schedule',
    ];
    throw new AppError('invalid_parameters', (t) =>
      t.settings.unknown(unknown.slice(0, MOST_PROBLEMS), known),
    );
  }
  if (problems.length > 0)
    throw new AppError('invalid_parameters', (t) => t.errors.invalid(problems.slice(0, MOST_PROBLEMS)));
  return values;
}

function expectationOf(setting: Setting, { expectations, settings, statistics }: Messages): string {
  switch (setting.type) {
    case 'boolean':
      return expectations.boolean;
    case 'integer':
      return expectations.integerBetween(setting.min, setting.max);
    case 'number':
      return settings.numberBetween(setting.min, setting.max);
    case 'choice':
      return expectations.oneOf([...setting.values]);
    case 'schedule':
      return settings.schedule;
    case 'relations':
      return statistics.views;
  }
}
