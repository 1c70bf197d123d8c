import { sql } from 'drizzle-orm';
import type { Database } from './db/client.js';
import { enabledSetting } from './db/leases.js';
import { isSchedule, scheduleSetting } from './task-settings.js';

/** The kinds of settings. Values are stored as texts; one that cannot be read counts as unset. */
export type Setting =
  | { type: 'boolean'; default: boolean }
  | { type: 'integer'; min: number; max: number; default: number }
  /** At most four decimals, so that percentages can be reckoned with exactly. */
  | { type: 'number'; min: number; max: number; default: number | null }
  | { type: 'choice'; values: readonly string[]; default: string }
  /** A cron expression. */
  | { type: 'schedule'; default: string }
  /** Names of relations, their schema before them or not, separated by commas. */
  | { type: 'relations'; default: string };

export type SettingValue = boolean | number | string | null;

/** The defaults of the contract (section 6). */
export const PRICING_SETTINGS = {
  batch_enabled: { type: 'boolean', default: true },
  batch_hour: { type: 'integer', min: 0, max: 23, default: 3 },
  daily_api_limit: { type: 'integer', min: 0, max: 10_000_000, default: 5_000 },
  apply_prices: { type: 'boolean', default: true },
  min_sample: { type: 'integer', min: 1, max: 200, default: 5 },
  iqr_factor: { type: 'number', min: 0, max: 100, default: 1.5 },
  undercut_percent: { type: 'number', min: 0, max: 99, default: 0 },
  min_margin_percent: { type: 'number', min: 0, max: 10_000, default: 10 },
  max_change_percent: { type: 'number', min: 0, max: 10_000, default: 20 },
  rounding: { type: 'choice', values: ['.99', '.49', 'none'], default: '.99' },
} as const satisfies Record<string, Setting>;

/** Materialised views that the task `statistics` refreshes. */
export const REFRESH_VIEWS: Setting = { type: 'relations', default: '' };

type Definitions = typeof PRICING_SETTINGS;
type ValueOf<Definition> = Definition extends { type: 'choice'; values: readonly (infer Choice)[] }
  ? Choice
  : Definition extends { type: 'boolean' }
    ? boolean
    : number;

export type PricingSettings = { -readonly [Key in keyof Definitions]: ValueOf<Definitions[Key]> };

/** Above which `monitor-performance` alerts, with the defaults of the contract. */
export const THRESHOLDS = {
  cpu_percent: 90,
  memory_percent: 90,
  disk_percent: 85,
  connections_percent: 80,
  query_seconds: 5,
  errors_per_minute: 50,
  response_p95_ms: 2_000,
} as const;

export type ThresholdName = keyof typeof THRESHOLDS;

export const thresholdSetting = (name: string, machine?: string): string =>
  ['threshold', name, ...(machine ? [machine] : [])].join('.');

const thresholdOf = (name: ThresholdName): Extract<Setting, { type: 'number' }> => ({
  ...{ type: 'number', min: 0, default: THRESHOLDS[name] },
  max: name.endsWith('_percent') ? 100 : 1e12,
});

/** Of one machine, as `metric_samples.source` has it: `threshold.disk_percent.10.0.0.2:9100`. */
export const MACHINE_THRESHOLD = new RegExp(
  String.raw`^threshold\.(${Object.keys(THRESHOLDS).join('|')})\.[\w.:\/\[\]\-]{1,200}( \([0-9]{1,3}\))?$`,
);

function machineThreshold(key: string): Setting | undefined {
  const [, name] = MACHINE_THRESHOLD.exec(key) ?? [];
  return name === undefined ? undefined : { ...thresholdOf(name as ThresholdName), default: null };
}

/** The settings that have a name of their own, in the order in which they are shown. */
export function namedSettings(tasks: { name: string; schedule: string }[]): Map<string, Setting> {
  const settings = new Map<string, Setting>(Object.entries(PRICING_SETTINGS));
  settings.set('refresh_views', REFRESH_VIEWS);
  for (const name of Object.keys(THRESHOLDS) as ThresholdName[])
    settings.set(thresholdSetting(name), thresholdOf(name));
  for (const { name, schedule } of tasks) {
    settings.set(enabledSetting(name), { type: 'boolean', default: true });
    settings.set(scheduleSetting(name), { type: 'schedule', default: schedule });
  }
  return settings;
}

/** What a key may hold; none for a key that nobody knows. */
export const settingAt = (key: string, named: Map<string, Setting>): Setting | undefined =>
  named.get(key) ?? machineThreshold(key);

export function accepts(setting: Setting, value: unknown): value is SettingValue {
  switch (setting.type) {
    case 'boolean':
      return typeof value === 'boolean';
    case 'choice':
      return typeof value === 'string' && setting.values.includes(value);
    case 'schedule':
      return typeof value === 'string' && isSchedule(value);
    case 'relations':
      return typeof value === 'string' && value.split(',').every((name) => RELATION.test(name.trim()));
    default: {
      if (typeof value !== 'number' || !(value >= setting.min && value <= setting.max)) return false;
      return setting.type === 'integer' ? Number.isInteger(value) : /^-?\d+(\.\d{1,4})?$/.test(String(value));
    }
  }
}

const RELATION = /^((?:[\p{L}_][\p{L}\p{N}_$]*|"(?:[^"\0]|"")+")(?:\.(?!$)|$)){0,2}$/u;

/** The value that a stored text stands for; undefined when it stands for none. */
export function readSetting(setting: Setting, stored: string): SettingValue | undefined {
  const text = stored.trim();
  const value =
    setting.type === 'boolean'
      ? BOOLEANS.get(text.toLowerCase())
      : isNumeric(setting, text)
        ? Number(text)
        : text;
  return accepts(setting, value) ? value : undefined;
}

const BOOLEANS = new Map([
  ['true', true],
  ['false', false],
]);

const isNumeric = ({ type }: Setting, text: string): boolean =>
  (type === 'integer' || type === 'number') && /^-?\d+(\.\d+)?$/.test(text);

/** What is stored, readable or not. */
export async function storedSettings({ rows }: Pick<Database, 'rows'>): Promise<Map<string, string>> {
  // What tasks keep there for themselves may be long, and is nobody's setting.
  const stored = await rows<{ key: string; value: string }>(
    sql`select key, value from cronhook.settings where key not like 'cleanup-logs.%'`,
  );
  return new Map(stored.map(({ key, value }) => [key, value]));
}

/** All of them, or none; null puts one back to its default. What is so already keeps the time of its last change. */
export async function storeSettings(
  { rows }: Pick<Database, 'rows'>,
  values: Map<string, SettingValue>,
  { named, now }: { named: Map<string, Setting>; now: Date },
): Promise<void> {
  const given = [...values].map(([key, value]) => {
    // A task is expected by its schedule from the last change on: that of going back to the default counts too.
    const kept = key.startsWith('task.') ? textOf(named.get(key)?.default) : null;
    return { key, value: textOf(value) ?? kept, kept };
  });
  await rows(sql`
    with given as (
      select key, value, kept from jsonb_to_recordset(${JSON.stringify(given)}::jsonb) as given (key text, value text, kept text)
    ), removed as (
      delete from cronhook.settings where key in (select key from given where value is null)
    )
    insert into cronhook.settings as stored (key, value, updated_at)
    select key, value, ${now.toISOString()}::timestamptz from given
    where value is not null
      and (value is distinct from kept or exists (select from cronhook.settings known where known.key = given.key))
    order by key
    on conflict (key) do update set value = excluded.value, updated_at = excluded.updated_at
      where stored.value is distinct from excluded.value
  `);
}

const textOf = (value: SettingValue | undefined): string | null => (value == null ? null : String(value));

/** The settings of the pricing batch that cannot be read, each with what holds in its place. */
export function pricingSettingProblems(stored: Map<string, string>): string[] {
  const problems: string[] = [];
  pricingSettings(stored, (key) => {
    const held = PRICING_SETTINGS[key as keyof Definitions].default;
    problems.push(`setting ${key}: its value cannot be read; ${held} holds`);
  });
  return problems;
}

/**
 * The rules of the pricing batch.
 * @param unreadable told of each that cannot be read: its default holds
 */
export function pricingSettings(
  stored: Map<string, string>,
  unreadable: (key: string) => void = () => {},
): PricingSettings {
  const values = Object.entries<Setting>(PRICING_SETTINGS).map(([key, setting]) => {
    const text = stored.get(key);
    const value = text === undefined ? undefined : readSetting(setting, text);
    if (text !== undefined && value === undefined) unreadable(key);
    return [key, value ?? setting.default];
  });
  return Object.fromEntries(values);
}
