import type { Difference } from '../backups/restore-script.js';

interface Found {
  kind: string;
  count: number;
  example: string;
}

/** Why a dump was not restored. The database is then as it was. */
export interface RestoreTexts {
  notEmpty(found: Found[]): string;
  olderServer(version: string, dumped: string): string;
  unreachable(database: string, host: string, reason: string): string;
  different(differences: Difference[]): string;
  extension(name: string): string;
  role(name: string): string;
  denied(detail: string): string;
  locks: string;
  memory: string;
  diskFull: string;
  locked: string;
  readOnly: string;
  connectionLost(detail: string): string;
  oldPsql: string;
  killed(signal: string): string;
  ended(code: number): string;
  refused(detail: string): string;
}

/** What backup-verify tells. */
export interface VerifyTexts {
  /** Around the problem: which set, and what to do. */
  failed(stem: string, problem: string): string;
  nothing(prefix: string): string;
  unknownSet(key: string): string;
  noServer: string;
  mayNotCreate: string;
}

const KINDS_FR: Record<string, [string, string]> = {
  table: ['table', 'tables'],
  view: ['vue', 'vues'],
  sequence: ['séquence', 'séquences'],
  function: ['fonction', 'fonctions'],
  type: ['type', 'types'],
  schema: ['schéma', 'schémas'],
  'large object': ['objet volumineux', 'objets volumineux'],
};

const foundFr = ({ kind, count, example }: Found) =>
  `${count} ${KINDS_FR[kind]?.[count > 1 ? 1 : 0] ?? kind} (${count > 1 ? `dont ${example}` : example})`;

const foundEn = ({ kind, count, example }: Found) =>
  `${count} ${kind}${count > 1 ? 's' : ''} (${count > 1 ? `e.g. ${example}` : example})`;

const differentFr = ({ table, found, expected }: Difference) =>
  found === null
    ? `${table} : table absente`
    : `${table ?? 'objets volumineux'} : ${found} au lieu de ${expected}`;

const differentEn = ({ table, found, expected }: Difference) =>
  found === null ? `${table}: not there` : `${table ?? 'large objects'}: ${found} instead of ${expected}`;

const list = (items: string[]) => items.join(', ');

export const restoreFr: RestoreTexts = {
  notEmpty: (found) =>
    `La base de destination n’est pas vide : ${list(found.map(foundFr))} ; donnez une base vide, ou --force pour remplacer son contenu`,
  olderServer: (version, dumped) =>
    `Le serveur de destination est un PostgreSQL ${version}, plus ancien que celui de la sauvegarde (${dumped}) : prenez un serveur au moins aussi récent`,
  unreachable: (database, host, reason) =>
    `La base ${database} de ${host} ne répond pas (${reason}) : vérifiez son adresse, l’utilisateur et le mot de passe, et qu’elle existe`,
  different: (differences) =>
    `Le contenu restauré n’est pas celui de la sauvegarde (lignes par table) : ${list(differences.map(differentFr))}`,
  extension: (name) =>
    `L’extension ${name} n’est pas disponible sur ce serveur : installez-la, ou prenez un serveur qui l’a`,
  role: (name) => `Le rôle ${name} n’existe pas sur ce serveur : créez-le (CREATE ROLE … NOLOGIN)`,
  denied: (detail) =>
    `L’utilisateur n’a pas les droits nécessaires sur ce serveur (${detail}) : prenez le propriétaire de la base ou un administrateur`,
  locks:
    'Le serveur manque de place pour les verrous d’une si grande transaction : augmentez max_locks_per_transaction (1024, par exemple) et redémarrez-le',
  memory: 'Le serveur PostgreSQL manque de mémoire : donnez-lui-en plus, ou arrêtez ce qui tourne à côté',
  diskFull: 'Le disque du serveur PostgreSQL est plein : libérez de la place ou agrandissez-le',
  locked: 'Un autre programme utilise la base : arrêtez les applications qui y sont connectées',
  readOnly: 'Ce serveur n’accepte que des lectures (un réplica, par exemple) : prenez le serveur principal',
  connectionLost: (detail) =>
    `La connexion au serveur PostgreSQL est perdue (${detail}) : vérifiez le serveur et son journal, puis recommencez`,
  oldPsql:
    'Le psql installé est trop ancien pour cette sauvegarde : mettez à jour le paquet postgresql-client',
  killed: (signal) =>
    `psql a été arrêté par le signal ${signal} (mémoire épuisée, par exemple) : recommencez avec plus de mémoire`,
  ended: (code) => `psql s’est terminé avec le code ${code} sans dire pourquoi`,
  refused: (detail) => `PostgreSQL refuse une instruction de la sauvegarde : ${detail}`,
};

export const restoreEn: RestoreTexts = {
  notEmpty: (found) =>
    `The target database is not empty: ${list(found.map(foundEn))}; give an empty one, or --force to replace what it holds`,
  olderServer: (version, dumped) =>
    `The target server is PostgreSQL ${version}, older than that of the backup (${dumped}): take one at least as new`,
  unreachable: (database, host, reason) =>
    `The database ${database} on ${host} does not answer (${reason}): check its address, the user and the password, and that it exists`,
  different: (differences) =>
    `What was restored is not what was backed up (rows by table): ${list(differences.map(differentEn))}`,
  extension: (name) =>
    `The extension ${name} is not available on this server: install it, or take a server that has it`,
  role: (name) => `The role ${name} does not exist on this server: create it (CREATE ROLE … NOLOGIN)`,
  denied: (detail) =>
    `The user lacks rights on this server (${detail}): take the owner of the database or an administrator`,
  locks:
    'The server lacks room for the locks of so large a transaction: raise max_locks_per_transaction (to 1024, say) and restart it',
  memory: 'The PostgreSQL server is out of memory: give it more, or stop what runs beside it',
  diskFull: 'The disk of the PostgreSQL server is full: free some room or enlarge it',
  locked: 'Another program uses the database: stop the applications that are connected to it',
  readOnly: 'This server accepts reads only (a replica, say): take the primary',
  connectionLost: (detail) =>
    `The connection to the PostgreSQL server was lost (${detail}): check the server and its log, then try again`,
  oldPsql: 'The installed psql is too old for this backup: update the package postgresql-client',
  killed: (signal) =>
    `psql was ended by the signal ${signal} (out of memory, perhaps): try again with more memory`,
  ended: (code) => `psql ended with code ${code} and did not say why`,
  refused: (detail) => `PostgreSQL refuses a statement of the backup: ${detail}`,
};

export const verifyFr: VerifyTexts = {
  failed: (stem, problem) => `La sauvegarde ${stem} n’a pas pu être vérifiée. ${problem}`,
  nothing: (prefix) =>
    `Aucune sauvegarde complète de cette base sous ${prefix}/ : lancez d’abord la tâche backup`,
  unknownSet: (key) => `Aucune sauvegarde complète ${key} : « cronhook backups list » les montre toutes`,
  noServer: 'Aucun serveur où restaurer la sauvegarde : définissez BACKUP_VERIFY_URL',
  mayNotCreate:
    'L’utilisateur de BACKUP_VERIFY_URL n’a pas le droit de créer une base : accordez-lui CREATEDB (et CREATEROLE)',
};

export const verifyEn: VerifyTexts = {
  failed: (stem, problem) => `The backup ${stem} could not be verified. ${problem}`,
  nothing: (prefix) => `No complete backup of this database under ${prefix}/: run the task backup first`,
  unknownSet: (key) => `No complete backup ${key}: "cronhook backups list" shows them all`,
  noServer: 'There is no server to restore the backup on: set BACKUP_VERIFY_URL',
  mayNotCreate: 'The user of BACKUP_VERIFY_URL may not create a database: grant it CREATEDB (and CREATEROLE)',
};
