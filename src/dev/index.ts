import { configOrExit, exitWith, runUntilSignal } from '../process.js';
import { startService } from '../service.js';
import { developmentRoutes } from './routes.js';
import { addSampleData } from './sample-data.js';

const config = configOrExit();
if (config.production)
  exitWith('npm run dev is for NODE_ENV=development or test; production is: npm run build && npm start');

const development = config.NODE_ENV === 'development';
const starting = startService(config, async (deps) => {
  await addSampleData(deps);
  return development ? developmentRoutes(deps) : undefined;
});
const service = await runUntilSignal(config, starting);

const secret = config.CRON_SECRET ? ' -H "Authorization: Bearer $CRON_SECRET"' : '';
const mailHint = development
  ? `
  Chase what is unpaid, then read the mails at ${service.url}/dev/mail
    curl${secret} ${service.url}/followups/process-automatic
`
  : '';
process.stdout.write(`
  Cronhook is ready: ${service.url}/docs

  Synchronise the sample mailbox:
    curl${secret} ${service.url}/inbox/integrations/sync-all
${mailHint}
  See what happened, from another terminal:
    curl${secret} "${service.url}/runs?limit=5"
    npm run cronhook -- runs

`);
