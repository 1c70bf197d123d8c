import type { AppContext, AppDependencies } from './environment.js';
import { forbidden, identify } from './request.js';

/** Lets the secret and the read key through. */
export async function requireRead(c: AppContext, deps: AppDependencies): Promise<void> {
  const { access } = await identify(c, deps);
  if (access?.kind !== 'all' && access?.kind !== 'read') throw forbidden();
}
