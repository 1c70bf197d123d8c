// The Railway project, for `railway config plan` and `railway config apply`. Needs Node 22, the CLI from 5.42.1 on, and
// `npm install --no-save railway` first: nothing else in this repository uses that package.
// Says the same as railway.json; Railway manages a service by one of the two, so delete railway.json before `plan`.
import { defineRailway, postgres, preserve, project, service } from 'railway/iac';

export default defineRailway(() => {
  const database = postgres('Postgres');

  // No source: connect the GitHub repository in the dashboard, or deploy with `railway up`.
  const cronhook = service('cronhook', {
    build: { builder: 'DOCKERFILE', dockerfilePath: 'Dockerfile' },
    healthcheck: '/readyz',
    healthcheckTimeout: 300,
    deploy: {
      // The old deployment still takes calls while the edge moves over to the new one.
      overlapSeconds: 15,
      // SIGTERM to SIGKILL: longer than SHUTDOWN_GRACE_SECONDS and the 10 s that interrupted runs get to unwind.
      drainingSeconds: 45,
      // The service exits 0 only when told to stop, so every crash counts as a failure. ALWAYS and more than 10 are
      // for paid plans only.
      restartPolicyType: 'ON_FAILURE',
      restartPolicyMaxRetries: 10,
    },
    env: {
      DATABASE_URL: database.env.DATABASE_URL,
      // PUBLIC_URL follows the domain that Railway gives the service.
      // X-Forwarded-For arrives as `caller, edge`: Railway drops what the caller sent and appends its own edge.
      TRUST_PROXY: '2',
      SHUTDOWN_GRACE_SECONDS: '25',

      // Values live in Railway alone (`railway variable set`); preserve() keeps what is set there. Add a line for each
      // other variable that you set: the plan may remove one that is missing here.
      CRON_SECRET: preserve(),
      ENCRYPTION_KEY: preserve(),
      ADMIN_EMAIL: preserve(),
      ADMIN_USER: preserve(),
      ADMIN_PASSWORD: preserve(),
      SMTP_URL: preserve(),
      MAIL_FROM: preserve(),
      S3_BUCKET: preserve(),
      S3_ENDPOINT: preserve(),
      S3_REGION: preserve(),
      S3_ACCESS_KEY_ID: preserve(),
      S3_SECRET_ACCESS_KEY: preserve(),
      CRON_JOB_ORG_API_KEY: preserve(),
    },
  });

  return project('cronhook', { resources: [database, cronhook] });
});
