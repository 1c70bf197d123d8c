import { createImap, type Imap } from './clients/imap.js';
import { createVault, type Vault } from './clients/vault.js';
import type { Config, VariableName } from './config.js';
import type { Secret } from './secret.js';
import type { AnyTask, Need } from './tasks/define.js';

/** The third parties and keys that are configured. */
export interface Services {
  imap: Imap;
  vault?: Vault;
}

/** The variables that each need stands on. */
const VARIABLES: Record<Need, VariableName[]> = {
  db: [],
  imap: [],
  vault: ['ENCRYPTION_KEY'],
};

/** The only place where clients are built. */
export function createServices(config: Config): Services {
  const vault = vaultOf(config);
  return { imap: createImap({ concurrency: config.INBOX_CONCURRENCY }), ...(vault && { vault }) };
}

/** Names the variables that a task lacks. */
export function missingVariables(config: Config, task: Pick<AnyTask, 'needs'>): VariableName[] {
  const names = new Set(task.needs.flatMap((need) => VARIABLES[need]));
  return [...names].filter((name) => config[name] === undefined);
}

function vaultOf(config: Config): Vault | undefined {
  const [current, ...older] = [config.ENCRYPTION_KEY, config.ENCRYPTION_KEY_PREVIOUS].filter(
    (key): key is Secret => key !== undefined,
  );
  return current && createVault([current, ...older]);
}
