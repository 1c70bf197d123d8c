import { accountsFr } from './accounts.js';
import { alertsFr } from './alerts.js';
import { answersFr } from './answers.js';
import { archivingFr } from './archiving.js';
import { backupsFr } from './backups.js';
import { cryptoFr } from './crypto.js';
import { deliveryFr } from './delivery.js';
import { followupsFr } from './followups.js';
import type { Messages } from './index.js';
import { mailsFr } from './mails-fr.js';
import { maintenanceFr } from './maintenance.js';
import { metricsFr } from './metrics.js';
import { monitorsFr } from './monitors.js';
import { performanceFr } from './performance-fr.js';
import { pricingFr } from './pricing.js';
import { remindersFr } from './reminders.js';
import { reportsFr } from './reports-fr.js';
import { statisticsFr } from './statistics.js';
import { tablesFr } from './tables.js';
import { thirdPartiesFr } from './third-parties.js';
import { trialsFr } from './trials.js';
import { watchFr } from './watch.js';
import { wealthFr } from './wealth.js';

const list = new Intl.ListFormat('fr', { type: 'conjunction' });
const choice = new Intl.ListFormat('fr', { type: 'disjunction' });

/** Names in capitals are variables, the others packages. */
function toDo(missing: string[]): string {
  const variables = missing.filter((name) => name === name.toUpperCase());
  const packages = missing.filter((name) => !variables.includes(name));
  return [
    ...(variables.length > 0 ? [`définissez ${list.format(variables)}`] : []),
    ...(packages.length > 0 ? [`installez ${list.format(packages)}`] : []),
  ].join(' ; ');
}

export const fr: Messages = {
  ...thirdPartiesFr,
  ...cryptoFr,
  ...pricingFr,
  tasks: {
    'inbox-sync': { success: 'Synchronisation inbox terminée avec succès' },
    followups: { success: 'Traitement des relances automatiques terminé avec succès' },
    'account-deletions': { success: 'Traitement des suppressions de comptes terminé avec succès' },
    'overdue-reminders': {
      success: 'Vérification des éléments en retard et des rappels terminée avec succès',
    },
    'crypto-prices': { success: 'Mise à jour des prix crypto terminée avec succès' },
    wealth: { success: 'Recalcul des patrimoines terminé avec succès' },
    backup: { success: 'Sauvegarde de la base de données terminée avec succès' },
    'backup-verify': { success: 'Vérification de la sauvegarde terminée avec succès' },
    pricing: { success: 'Batch de prix terminé avec succès' },
    'cleanup-logs': { success: 'Nettoyage des journaux terminé avec succès' },
    'cleanup-temporary': { success: 'Nettoyage des données temporaires terminé avec succès' },
    'monitor-performance': { success: 'Contrôle des performances terminé avec succès' },
    'monitor-availability': { success: 'Contrôle de disponibilité terminé avec succès' },
    'report-daily': { success: 'Rapport quotidien envoyé avec succès' },
    'report-weekly': { success: 'Rapport hebdomadaire envoyé avec succès' },
    'trials-expire': { success: 'Expiration des essais terminée avec succès' },
    'trials-nudge': { success: 'Relance des essais inactifs terminée avec succès' },
    'clients-archive': { success: 'Archivage des clients inactifs terminé avec succès' },
    statistics: { success: 'Mise à jour des statistiques terminée avec succès' },
    outbox: { success: 'Distribution des messages en attente terminée avec succès' },
  },
  delivery: deliveryFr,
  followups: followupsFr,
  mails: mailsFr,
  reminders: remindersFr,
  metrics: metricsFr,
  reports: reportsFr,
  backups: backupsFr,
  answers: answersFr,
  accounts: accountsFr,
  archiving: archivingFr,
  tables: tablesFr,
  trials: trialsFr,
  wealth: wealthFr,
  statistics: statisticsFr,
  maintenance: maintenanceFr,
  alerts: alertsFr,
  monitors: monitorsFr,
  performance: performanceFr,
  watch: watchFr,
  incidents: {
    taskFailed: (task) => `La tâche ${task} échoue`,
    diedTwice:
      'Deux fois de suite, le processus est mort pendant cette tâche : cherchez la cause dans les journaux du service et de l’hébergeur (mémoire épuisée, par exemple)',
  },
  run: {
    stillRunning: (seconds) => `Cette tâche est déjà en cours depuis ${seconds} s : rien n’a été relancé`,
    running: 'Exécution en cours : consultez l’adresse de l’en-tête Location pour en connaître l’issue',
    partial: (success, failed) => `${success}, sauf ${failed} élément${failed > 1 ? 's' : ''} en échec`,
    disabled: (setting) => `Tâche désactivée par le réglage ${setting}`,
    timeLimit: (seconds) =>
      `La tâche a dépassé sa durée maximale de ${seconds} s et a été arrêtée ; le prochain appel reprendra là où elle s’est arrêtée`,
    leaseLost:
      'L’exécution a perdu son bail (base de données ou processus bloqué plus de 60 s) et s’est arrêtée ; le prochain appel reprendra son travail',
    lost: 'Le processus qui exécutait cette tâche ne donne plus signe de vie ; un nouvel appel a repris son travail',
    interrupted: 'Le service s’arrête : l’exécution a été interrompue, le prochain appel la reprendra',
    internal: (runId) => `Erreur inattendue : le journal de l’exécution ${runId} en donne la cause`,
  },
  errors: {
    internal: 'Erreur interne : le journal du service en donne la cause',
    databaseUnavailable:
      'La base de données ne répond pas : vérifiez DATABASE_URL et que le serveur PostgreSQL est démarré',
    databaseFull:
      'La base de données a trop de connexions : PostgreSQL n’en accepte plus ; réduisez les pools (DATABASE_POOL_MAX, et ceux des autres applications) ou relevez max_connections',
    migrationsPending:
      'Les tables de Cronhook manquent ou datent : lancez « npx cronhook migrate » (npm start le fait aussi)',
    shuttingDown: 'Le service s’arrête : réessayez dans quelques secondes',
    forbidden: 'Secret manquant ou incorrect',
    addressNotAllowed: (address) => `L’adresse ${address} ne figure pas dans CRON_ALLOWED_IPS`,
    notFound: 'Cette adresse n’existe pas',
    methodNotAllowed: (method, allowed) =>
      `La méthode ${method} n’est pas acceptée ici ; utilisez ${choice.format(allowed)}`,
    notConfigured: (missing) => `Tâche non configurée : ${toDo(missing)}`,
    bodyTooLarge: (kilobytes) => `Le corps de la requête dépasse ${kilobytes} Ko`,
    requestTooLarge: 'La requête (adresse et en-têtes) est trop longue',
    malformedRequest: 'La requête HTTP est mal formée',
    requestTimeout: 'La requête n’est pas arrivée en entier à temps',
    invalidJson: 'Le corps de la requête n’est pas un objet JSON valide',
    invalidForm: 'Le corps de la requête n’est pas un formulaire valide',
    invalidBodyType: 'Envoyez le corps en application/json ou en formulaire',
    parameterTwice: (name) => `Le paramètre ${name} est donné plusieurs fois`,
    parameterUnknown: (names, known) =>
      `Paramètre inconnu : ${list.format(names)} (connus : ${list.format(known)})`,
    parameterInvalid: (name, reason) => `${name} : ${reason}`,
    invalid: (problems) => `Requête invalide : ${problems.join(' ; ')}`,
    runNotFound: (id) => `Aucune exécution ${id}`,
    integrationNotFound: (id) => `Aucune boîte ${id}`,
    integrationExists: (email, id) => `La boîte ${email} est déjà enregistrée (${id})`,
  },
  expectations: {
    boolean: 'attendu true ou false',
    integerBetween: (min, max) => `attendu un nombre entier de ${min} à ${max}`,
    oneOf: (values) => `attendu ${values.join(', ')}`,
    required: 'obligatoire',
    invalid: 'valeur invalide',
    email: 'attendu une adresse e-mail',
    host: 'attendu un nom d’hôte ou une adresse IP',
    url: 'attendu une adresse https://',
    uuid: 'attendu un UUID',
    notEmpty: 'ne peut pas être vide',
    tooLong: (max) => `pas plus de ${max} caractères`,
    passwordOrOauth: 'donnez soit password, soit oauth',
    dayOrMoment: 'attendu un jour AAAA-MM-JJ ou un instant ISO 8601 (2026-11-21T14:00:00Z)',
    unknownField: 'champ inconnu',
  },
  imap: {
    hostNotFound: (host) => `Le serveur ${host} est introuvable : vérifiez le nom d’hôte`,
    refused: (host, port) =>
      `${host} refuse la connexion sur le port ${port} : vérifiez le port et que le serveur IMAP est démarré`,
    timeout: (host, port) =>
      `${host}:${port} ne répond pas à temps : vérifiez l’hôte, le port et le mode tls`,
    closed: (host, port) => `${host}:${port} a fermé la connexion : nouvel essai au prochain appel`,
    wrongTlsMode: (host, port) =>
      `${host}:${port} ne parle pas TLS dès la connexion : essayez tls "starttls" (souvent le port 143) ou le port 993`,
    startTlsMissing: (host, port) =>
      `${host}:${port} ne propose pas STARTTLS : essayez tls "implicit" (souvent le port 993)`,
    tlsRequired: (host) => `${host} exige une connexion chiffrée : choisissez tls "implicit" ou "starttls"`,
    certificate: (host, reason) =>
      `Le certificat de ${host} n’est pas valable (${reason}) : utilisez le nom inscrit dans le certificat, ou ajoutez son autorité avec NODE_EXTRA_CA_CERTS`,
    credentials: (username) =>
      `Identifiants refusés pour ${username} : vérifiez l’utilisateur et le mot de passe (ou le mot de passe d’application)`,
    credentialsOauth: (username) =>
      `Le serveur refuse le jeton OAuth de ${username} : renouvelez l’autorisation`,
    notImap: (host, port) =>
      `${host}:${port} ne répond pas comme un serveur IMAP : vérifiez l’hôte et le port`,
    server: (detail) => `Le serveur IMAP a répondu : ${detail}`,
    unexpected: 'Échange IMAP interrompu : nouvel essai au prochain appel',
    backOff: (time, failures, last) =>
      `Nouvel essai après le ${time} (${failures} échec(s) de suite) ; dernier : ${last}`,
    secretUnreadable:
      'Le secret enregistré ne se déchiffre pas avec ENCRYPTION_KEY : rétablissez la clé, ou donnez l’ancienne dans ENCRYPTION_KEY_PREVIOUS ; sinon renouvelez le secret par POST /inbox/integrations/{id}/credentials',
    folder: (path, reason) => `Dossier ${path} : ${reason}`,
    unreadable: (uid) => `Le message ${uid} est illisible par IMAP : seuls ses en-têtes ont été gardés`,
  },
  oauth: {
    unreachable: (host) => `Le serveur d’autorisation ${host} ne répond pas : nouvel essai au prochain appel`,
    revoked: (detail) =>
      `Le jeton OAuth n’est plus accepté (${detail}) : renouvelez l’autorisation par POST /inbox/integrations/{id}/credentials`,
    refused: (host, detail) => `Le serveur d’autorisation ${host} a refusé : ${detail}`,
  },
};
