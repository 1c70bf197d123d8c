import { configOrExit, runUntilSignal } from './process.js';
import { startService } from './service.js';

const config = configOrExit();
await runUntilSignal(config, startService(config));
