import { configOrExit, exitWith, startupProblem, stopOnSignal } from './process.js';
import { startService } from './service.js';

const config = configOrExit();
try {
  stopOnSignal(await startService(config));
} catch (error) {
  exitWith(startupProblem(error, config));
}
