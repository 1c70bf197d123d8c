import type { ThresholdName } from '../settings.js';

/** What is known of a value that is above its threshold. */
export interface ExcessFacts {
  /** The name of the machine. */
  machine: string;
  /** Where a disk is mounted. */
  path: string;
  value: number;
  limit: number;
}

export interface LongQuery {
  pid: number;
  /** As its client calls itself; empty where it does not say or may not be asked. */
  application: string;
  user: string;
  /** The first word of the statement: the rest may hold what is nobody's business. */
  command: string;
}

interface ExcessText {
  /** One line that fits an SMS. */
  title(facts: ExcessFacts): string;
  /** What to do first. */
  advice: string;
}

/** What is measured, and what to do when it is too much. */
export interface PerformanceTexts {
  excess: Record<ThresholdName, ExcessText>;
  /** Of the files that a disk has room for, beside its space. */
  inodes: ExcessText;
  /** What is not a machine with a name of its own. */
  machines: { database: string };
  overFiveMinutes: string;
  longQuery(query: LongQuery): string;
  /** Why an incident of the longest query does not end by itself. */
  hiddenSessions: string;
  setting(key: string): string;
  unreachable: { title(machine: string): string; noneTitle(machines: number): string; noneAdvice: string };
  databasePart: { refused(code: string): string; slow(seconds: number): string };
  exporter: {
    unreachable(name: string, code: string): string;
    timeout(name: string, seconds: number): string;
    denied(name: string, status: number): string;
    status(name: string, status: number): string;
    tooLarge(name: string): string;
    malformed(name: string, line: number): string;
    foreign(name: string): string;
  };
  page: {
    unreachable(host: string, code: string): string;
    timeout(host: string, seconds: number): string;
    status(host: string, status: number): string;
    tooLarge(host: string): string;
    redirects(host: string): string;
  };
}

/** Rounded up, or what is just above a threshold would look equal to it. */
const shown = (value: number, tag: string): string =>
  new Intl.NumberFormat(tag, { maximumFractionDigits: 1 }).format(Math.ceil(value * 10 - 0.01) / 10);
const fr = (value: number) => shown(value, 'fr-FR').replaceAll(/\s/g, ' ');
const en = (value: number) => shown(value, 'en-GB');

export const performanceFr: PerformanceTexts = {
  excess: {
    cpu_percent: {
      title: ({ machine, value, limit }) =>
        `Processeur à ${fr(value)} % sur ${machine} (seuil ${fr(limit)} %)`,
      advice:
        'Cherchez le processus qui l’occupe (top, docker stats) : un traitement qui tourne en boucle se redémarre, une charge qui dure demande plus de cœurs.',
    },
    memory_percent: {
      title: ({ machine, value, limit }) => `Mémoire à ${fr(value)} % sur ${machine} (seuil ${fr(limit)} %)`,
      advice:
        'Cherchez le processus qui grandit (top, docker stats) et redémarrez-le avant que le système ne le tue ; relevez sa limite si le besoin est réel.',
    },
    disk_percent: {
      title: ({ machine, path, value, limit }) =>
        `Disque ${path} à ${fr(value)} % sur ${machine} (seuil ${fr(limit)} %)`,
      advice:
        'Faites de la place : journaux, images Docker inutilisées (docker system prune), anciennes sauvegardes ; « du -xh --max-depth=2 » montre où elle est partie. Un disque plein arrête PostgreSQL.',
    },
    connections_percent: {
      title: ({ value, limit }) =>
        `Connexions PostgreSQL à ${fr(value)} % de la limite (seuil ${fr(limit)} %)`,
      advice:
        'Regardez pg_stat_activity : des connexions « idle » en nombre viennent d’une application qui ne les rend pas. Réduisez ses pools, ou mettez PgBouncer devant la base.',
    },
    query_seconds: {
      title: ({ value, limit }) => `Une requête PostgreSQL dure depuis ${fr(value)} s (seuil ${fr(limit)} s)`,
      advice:
        'Regardez-la dans pg_stat_activity : elle attend peut-être un verrou (pg_blocking_pids). select pg_cancel_backend(pid) l’arrête ; explain dit quel index lui manque.',
    },
    errors_per_minute: {
      title: ({ value, limit }) => `${fr(value)} erreurs par minute dans l’application (seuil ${fr(limit)})`,
      advice:
        'Lisez les dernières lignes de niveau error ou critical dans application_logs ; si elles commencent avec une mise en production, revenez en arrière.',
    },
    response_p95_ms: {
      title: ({ machine, value, limit }) =>
        `${machine} répond lentement : p95 de ${fr(value / 1000)} s sur une heure (seuil ${fr(limit / 1000)} s)`,
      advice:
        'Regardez d’abord ce que dit PostgreSQL (requêtes longues, connexions), puis le processeur et la mémoire de sa machine.',
    },
  },
  inodes: {
    title: ({ machine, path, value, limit }) =>
      `Inodes de ${path} à ${fr(value)} % sur ${machine} (seuil ${fr(limit)} %)`,
    advice:
      'Le disque n’a bientôt plus de place pour de nouveaux fichiers, même s’il lui reste des octets : cherchez les dossiers qui en ont le plus (« du --inodes -x --max-depth=2 ») : sessions, caches, files de mails.',
  },
  machines: { database: 'PostgreSQL' },
  overFiveMinutes: 'C’est la moyenne entre les deux derniers relevés, pas un instant.',
  longQuery: ({ pid, application, user, command }) =>
    `${command || 'Requête'}, pid ${pid}${user && `, utilisateur ${user}`}${application && `, application ${application}`}.`,
  hiddenSessions:
    'Les sessions des autres utilisateurs sont cachées à celui de DATABASE_URL : leurs requêtes longues restent inaperçues (grant pg_monitor to …).',
  setting: (key) => `Le seuil est le réglage ${key} (PUT /settings).`,
  unreachable: {
    title: (machine) => `${machine} : son node_exporter ne répond pas`,
    noneTitle: (machines) => `Aucun des ${machines} node_exporter ne répond`,
    noneAdvice:
      'Quand tous se taisent à la fois, c’est le plus souvent le réseau du service lui-même : vérifiez sa sortie vers Internet, le VPN ou le pare-feu entre lui et les machines.',
  },
  databasePart: {
    refused: (code) =>
      `PostgreSQL refuse de répondre (code ${code}) : le rôle pg_monitor donne le droit de lire ses statistiques`,
    slow: (seconds) =>
      `PostgreSQL n’a pas répondu en ${seconds} s : regardez les verrous dans pg_stat_activity`,
  },
  exporter: {
    unreachable: (name, code) =>
      `${name} est injoignable (${code}) : vérifiez que node_exporter y tourne, que son port est ouvert à ce service et que NODE_EXPORTER_URLS est juste`,
    timeout: (name, seconds) =>
      `${name} n’a pas répondu en ${seconds} s : vérifiez que la machine n’est pas surchargée et qu’aucun pare-feu n’avale les connexions`,
    denied: (name, status) =>
      `${name} refuse l’accès (HTTP ${status}) : mettez l’utilisateur et le mot de passe dans NODE_EXPORTER_URLS (http://utilisateur:mot-de-passe@machine:9100)`,
    status: (name, status) =>
      `${name} répond HTTP ${status} au lieu de ses métriques : vérifiez le chemin dans NODE_EXPORTER_URLS (/metrics d’ordinaire)`,
    tooLarge: (name) => `${name} envoie plus de 16 Mo de métriques : désactivez-y les collecteurs inutiles`,
    malformed: (name, line) =>
      `Ce que ${name} envoie n’est pas le format texte de Prometheus (ligne ${line}) : vérifiez que l’adresse est celle d’un node_exporter`,
    foreign: (name) =>
      `${name} répond sans aucune mesure : est-ce bien un node_exporter ? Vérifiez l’adresse dans NODE_EXPORTER_URLS, et que ses collecteurs (cpu, meminfo, filesystem, loadavg) sont actifs`,
  },
  page: {
    unreachable: (host, code) =>
      `${host} est injoignable (${code}) : vérifiez APP_URL et que l’application tourne`,
    timeout: (host, seconds) => `${host} n’a pas répondu en ${seconds} s : vérifiez que l’application tourne`,
    status: (host, status) =>
      `${host} répond HTTP ${status} : vérifiez APP_URL, puis le journal de l’application`,
    tooLarge: (host) => `${host} envoie une page de plus de 16 Mo : vérifiez APP_URL`,
    redirects: (host) =>
      `${host} redirige sans fin : vérifiez APP_URL (http ou https, avec ou sans www) et les redirections de l’application`,
  },
};

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
