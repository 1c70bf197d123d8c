import { type PerformanceTexts, roundedUp } from './performance.js';

const fr = (value: number) => roundedUp(value, 'fr-FR').replaceAll(/\s/g, ' ');

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
