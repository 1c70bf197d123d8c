import { type PerformanceTexts, roundedUp } from './performance.js';

const en = (value: number) => roundedUp(value, 'en-GB');

export const performanceEn: PerformanceTexts = {
  excess: {
    cpu_percent: {
      title: ({ machine, value, limit }) => `CPU at ${en(value)}% on ${machine} (threshold ${en(limit)}%)`,
      advice:
        'Find the process that takes it (top, docker stats): restart one that spins, and give more cores to a load that lasts.',
    },
    memory_percent: {
      title: ({ machine, value, limit }) => `Memory at ${en(value)}% on ${machine} (threshold ${en(limit)}%)`,
      advice:
        'Find the process that grows (top, docker stats) and restart it before the system kills it; raise its limit if it needs that much.',
    },
    disk_percent: {
      title: ({ machine, path, value, limit }) =>
        `Disk ${path} at ${en(value)}% on ${machine} (threshold ${en(limit)}%)`,
      advice:
        'Make room: logs, unused Docker images (docker system prune), old backups; "du -xh --max-depth=2" shows where it went. A full disk stops PostgreSQL.',
    },
    connections_percent: {
      title: ({ value, limit }) =>
        `PostgreSQL connections at ${en(value)}% of the limit (threshold ${en(limit)}%)`,
      advice:
        'Look at pg_stat_activity: many idle connections come from an application that does not give them back. Make its pools smaller, or put PgBouncer in front of the database.',
    },
    query_seconds: {
      title: ({ value, limit }) =>
        `A PostgreSQL query has been running for ${en(value)} s (threshold ${en(limit)} s)`,
      advice:
        'Look at it in pg_stat_activity: it may wait for a lock (pg_blocking_pids). select pg_cancel_backend(pid) stops it; explain tells which index it lacks.',
    },
    errors_per_minute: {
      title: ({ value, limit }) => `${en(value)} errors a minute in the application (threshold ${en(limit)})`,
      advice:
        'Read the last lines of level error or critical in application_logs; if they began with a release, go back to the one before.',
    },
    response_p95_ms: {
      title: ({ machine, value, limit }) =>
        `${machine} answers slowly: p95 of ${en(value / 1000)} s over an hour (threshold ${en(limit / 1000)} s)`,
      advice:
        'Look first at what PostgreSQL says (long queries, connections), then at the CPU and memory of its machine.',
    },
  },
  inodes: {
    title: ({ machine, path, value, limit }) =>
      `Inodes of ${path} at ${en(value)}% on ${machine} (threshold ${en(limit)}%)`,
    advice:
      'The disk soon has no room for new files, even where bytes are left: find the folders that hold most of them ("du --inodes -x --max-depth=2"): sessions, caches, mail queues.',
  },
  machines: { database: 'PostgreSQL' },
  overFiveMinutes: 'It is the average between the last two readings, not a moment.',
  longQuery: ({ pid, application, user, command }) =>
    `${command || 'Query'}, pid ${pid}${user && `, user ${user}`}${application && `, application ${application}`}.`,
  hiddenSessions:
    'The sessions of other users are hidden from the one of DATABASE_URL: long queries of theirs go unseen (grant pg_monitor to …).',
  setting: (key) => `The threshold is the setting ${key} (PUT /settings).`,
  unreachable: {
    title: (machine) => `${machine}: its node_exporter does not answer`,
    noneTitle: (machines) => `None of the ${machines} node_exporters answers`,
    noneAdvice:
      'When all are silent at once, it is mostly the network of the service itself: check its way to the Internet, the VPN or the firewall between it and the machines.',
  },
  databasePart: {
    refused: (code) =>
      `PostgreSQL refuses to answer (code ${code}): the role pg_monitor gives the right to read its statistics`,
    slow: (seconds) => `PostgreSQL did not answer within ${seconds} s: look at the locks in pg_stat_activity`,
  },
  exporter: {
    unreachable: (name, code) =>
      `${name} cannot be reached (${code}): check that node_exporter runs there, that its port is open to this service and that NODE_EXPORTER_URLS is right`,
    timeout: (name, seconds) =>
      `${name} did not answer within ${seconds} s: check that the machine is not overloaded and that no firewall swallows connections`,
    denied: (name, status) =>
      `${name} refuses access (HTTP ${status}): put user and password into NODE_EXPORTER_URLS (http://user:password@machine:9100)`,
    status: (name, status) =>
      `${name} answers HTTP ${status} instead of its metrics: check the path in NODE_EXPORTER_URLS (/metrics as a rule)`,
    tooLarge: (name) => `${name} sends more than 16 MB of metrics: switch off collectors that nobody needs`,
    malformed: (name, line) =>
      `What ${name} sends is not the text format of Prometheus (line ${line}): check that the address is that of a node_exporter`,
    foreign: (name) =>
      `${name} answers without any measure: is it a node_exporter? Check the address in NODE_EXPORTER_URLS, and that its collectors (cpu, meminfo, filesystem, loadavg) are on`,
  },
  page: {
    unreachable: (host, code) =>
      `${host} cannot be reached (${code}): check APP_URL and that the application runs`,
    timeout: (host, seconds) => `${host} did not answer within ${seconds} s: check that the application runs`,
    status: (host, status) => `${host} answers HTTP ${status}: check APP_URL, then the application's log`,
    tooLarge: (host) => `${host} sends a page of more than 16 MB: check APP_URL`,
    redirects: (host) =>
      `${host} redirects without end: check APP_URL (http or https, with or without www) and the application's redirects`,
  },
};
