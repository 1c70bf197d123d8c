import {
  namedSettings,
  readSetting,
  settingAt,
  storedSettings,
  THRESHOLDS,
  type ThresholdName,
  thresholdSetting,
} from '../../../settings.js';
import { LOCAL, type PerformanceContext } from './model.js';

export interface Threshold {
  limit: number;
  /** The setting to change. */
  key: string;
}

export type ThresholdReader = (name: ThresholdName, source: string) => Threshold;

/**
 * The threshold of a machine, else that of all, else the default. One that cannot be read counts as unset.
 * @param own the machine of the service, which is `local` too
 */
export async function readThresholds({ db, log }: PerformanceContext, own: string): Promise<ThresholdReader> {
  const named = namedSettings([]);
  const limits = new Map<string, number>();
  for (const [key, text] of await storedSettings(db)) {
    const setting = key.startsWith('threshold.') ? settingAt(key, named) : undefined;
    const value = setting && readSetting(setting, text);
    if (typeof value === 'number') limits.set(key, value);
    else if (setting) log.warn({ setting: key }, 'this setting cannot be read');
  }
  return (name, source) => {
    const all = thresholdSetting(name);
    const names = source === own ? [source, LOCAL] : [source];
    const keys = [...names.map((machine) => thresholdSetting(name, machine)), all];
    const key = keys.find((key) => limits.has(key)) ?? all;
    return { limit: limits.get(key) ?? THRESHOLDS[name], key };
  };
}
