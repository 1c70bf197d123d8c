import { configOrExit, exitWith, runUntilSignal } from '../process.js';
import { startService } from '../service.js';
import { addSampleData } from './sample-data.js';

const config = configOrExit();
if (config.production)
  exitWith('npm run dev is for NODE_ENV=development or test; production is: npm run build && npm start');

const service = await runUntilSignal(config, startService(config, addSampleData));

const secret = config.CRON_SECRET ? ' -H "Authorization: Bearer $CRON_SECRET"' : '';
process.stdout.write(`
  Cronhook is ready: ${service.url}/docs

  Synchronise the sample mailbox:
    curl${secret} ${service.url}/inbox/integrations/sync-all

  See what happened, from another terminal:
    curl${secret} "${service.url}/runs?limit=5"
    npm run cronhook -- runs

`);
