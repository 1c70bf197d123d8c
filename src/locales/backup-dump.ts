/** What pg_dump, psql and the database that is dumped have to say. */
export interface DumpTexts {
  programs: {
    /** `found` names what is installed, with versions and paths. */
    missing(program: string, serverMajor: number, found: string[]): string;
  };
  dump: {
    /** `place` is host and port, `code` what PostgreSQL or the socket said. */
    unreachable(place: string, code: string): string;
    hostNotFound(place: string): string;
    credentials(user: string, place: string): string;
    refused(place: string, detail: string): string;
    databaseMissing(database: string, place: string): string;
    tooManyConnections(place: string): string;
    pooler(place: string): string;
    schemasMissing(schemas: string[]): string;
    connectionLost: string;
    snapshotLost: string;
    /** `what` is PostgreSQL's: "table users", "schema private". */
    permission(user: string, what: string): string;
    largeObject(user: string): string;
    rowSecurity(user: string, table: string): string;
    locked(seconds: number): string;
    diskFull: string;
    outOfMemory: string;
    outOfLocks: string;
    rowTooLarge(table: string): string;
    standbyConflict: string;
    versions(program: string): string;
    killed(program: string, signal: string): string;
    incomplete(program: string): string;
    notStarted(program: string, code: string): string;
    failed(program: string, detail: string): string;
  };
}

const URLS_FR = 'BACKUP_DATABASE_URL (ou DATABASE_URL, si elle est seule)';
const URLS_EN = 'BACKUP_DATABASE_URL (or DATABASE_URL, if that is the only one)';
const fr = new Intl.ListFormat('fr', { type: 'conjunction' });
const en = new Intl.ListFormat('en', { type: 'conjunction' });

export const dumpFr: DumpTexts = {
  programs: {
    missing: (program, major, found) =>
      `Aucun ${program} pour PostgreSQL ${major} : installez le paquet postgresql-client-${major} (trouvé : ${found.length > 0 ? fr.format(found) : 'aucun'})`,
  },
  dump: {
    unreachable: (place, code) =>
      `Le serveur PostgreSQL ${place} ne répond pas (${code}) : vérifiez ${URLS_FR} et que le serveur est démarré`,
    hostNotFound: (place) => `L’hôte de ${place} est introuvable : vérifiez ${URLS_FR}`,
    credentials: (user, place) =>
      `Le serveur PostgreSQL ${place} refuse l’utilisateur ${user} ou son mot de passe : vérifiez ${URLS_FR} ; les caractères spéciaux doivent y être encodés`,
    refused: (place, detail) =>
      `Le serveur PostgreSQL ${place} refuse la connexion (${detail}) : vérifiez ${URLS_FR}, dont sslmode`,
    databaseMissing: (database, place) =>
      `Le serveur PostgreSQL ${place} n’a pas de base ${database} : vérifiez la fin de ${URLS_FR}`,
    tooManyConnections: (place) =>
      `Le serveur PostgreSQL ${place} n’a plus de connexion libre (il en faut deux) : réessayez, ou augmentez max_connections`,
    pooler: (place) =>
      `${place} est un répartiteur de connexions (PgBouncer ou semblable) en mode transaction, à travers lequel pg_dump ne donne rien de sûr : donnez l’adresse directe du serveur, ou celle du mode session, dans BACKUP_DATABASE_URL`,
    schemasMissing: (schemas) =>
      `BACKUP_SCHEMAS nomme ${fr.format(schemas)}, que la base n’a pas : corrigez la variable (majuscules et minuscules comptent)`,
    connectionLost:
      'Le serveur PostgreSQL a fermé la connexion pendant la sauvegarde (arrêt, redémarrage ou réseau) : relancez-la ; le journal du serveur en donne la cause',
    snapshotLost:
      'L’instantané de la base a été perdu avant que pg_dump ne le reprenne (connexion coupée, ou adresse qui mène à plusieurs serveurs) : relancez la sauvegarde, avec l’adresse d’un seul serveur',
    permission: (user, what) =>
      `L’utilisateur ${user} n’a pas le droit de lire ${what} : accordez-lui le rôle pg_read_all_data (PostgreSQL 14 et plus), ou USAGE sur les schémas et SELECT sur les tables et séquences`,
    largeObject: (user) =>
      `L’utilisateur ${user} n’a pas le droit de lire un « large object » : accordez-lui SELECT ON LARGE OBJECT, ou sauvegardez avec leur propriétaire ou un superutilisateur`,
    rowSecurity: (user, table) =>
      `La sécurité par ligne de la table ${table} cacherait des lignes à l’utilisateur ${user} : sauvegardez avec un rôle qui la contourne (ALTER ROLE … BYPASSRLS)`,
    locked: (seconds) =>
      `Une table est restée verrouillée plus de ${seconds} s (ALTER TABLE, VACUUM FULL, TRUNCATE, ou transaction oubliée) : réessayez quand ce sera terminé`,
    diskFull:
      'Le disque du serveur PostgreSQL est plein : libérez de la place sur le serveur, puis relancez la sauvegarde',
    outOfMemory:
      'La mémoire a manqué pendant la sauvegarde, au serveur PostgreSQL ou à cette machine : donnez-leur-en plus (une ligne de 500 Mo en demande 2 Go)',
    outOfLocks:
      'Le serveur PostgreSQL n’a pas assez de verrous pour tant de tables : augmentez max_locks_per_transaction, puis redémarrez-le',
    rowTooLarge: (table) =>
      `Une ligne de la table ${table} dépasse 1 Go une fois écrite en texte (un bytea de plus de 500 Mo, par exemple), ce que PostgreSQL ne sait pas sauvegarder : divisez-la, ou gardez ce contenu ailleurs`,
    standbyConflict:
      'Le serveur est un réplica, et ce que rejoue le primaire a interrompu la sauvegarde : sauvegardez depuis le primaire, ou activez hot_standby_feedback',
    versions: (program) =>
      `${program} refuse ce serveur, qui est plus récent que lui : installez le paquet postgresql-client de la version du serveur`,
    killed: (program, signal) =>
      `${program} a été tué (${signal}) : cherchez-en la cause sur cette machine (mémoire épuisée, le plus souvent)`,
    incomplete: (program) =>
      `${program} s’est arrêté avant la fin de la sauvegarde, sans dire pourquoi : rien n’a été gardé, relancez-la`,
    notStarted: (program, code) => `${program} n’a pas pu démarrer (${code}) : réinstallez-le`,
    failed: (program, detail) => `${program} a échoué : ${detail}`,
  },
};

export const dumpEn: DumpTexts = {
  programs: {
    missing: (program, major, found) =>
      `No ${program} for PostgreSQL ${major}: install the package postgresql-client-${major} (found: ${found.length > 0 ? en.format(found) : 'none'})`,
  },
  dump: {
    unreachable: (place, code) =>
      `The PostgreSQL server ${place} does not answer (${code}): check ${URLS_EN}, and that the server is up`,
    hostNotFound: (place) => `The host of ${place} is not found: check ${URLS_EN}`,
    credentials: (user, place) =>
      `The PostgreSQL server ${place} refuses the user ${user} or its password: check ${URLS_EN}; special characters must be URL-encoded in it`,
    refused: (place, detail) =>
      `The PostgreSQL server ${place} refuses the connection (${detail}): check ${URLS_EN}, sslmode included`,
    databaseMissing: (database, place) =>
      `The PostgreSQL server ${place} has no database ${database}: check the end of ${URLS_EN}`,
    tooManyConnections: (place) =>
      `The PostgreSQL server ${place} has no connection left (two are needed): try again, or raise max_connections`,
    pooler: (place) =>
      `${place} is a connection pooler (PgBouncer or the like) in transaction mode, through which pg_dump gives nothing to rely on: set BACKUP_DATABASE_URL to the server’s direct address, or to that of its session mode`,
    schemasMissing: (schemas) =>
      `BACKUP_SCHEMAS names ${en.format(schemas)}, which the database does not have: correct it (upper and lower case count)`,
    connectionLost:
      'The PostgreSQL server closed the connection during the backup (stopped, restarted, or the network): start it again; the server’s log names the cause',
    snapshotLost:
      'The snapshot of the database was lost before pg_dump took it over (connection cut, or an address that leads to several servers): start the backup again, with the address of one server',
    permission: (user, what) =>
      `The user ${user} may not read ${what}: grant it the role pg_read_all_data (PostgreSQL 14 and later), or USAGE on the schemas and SELECT on the tables and sequences`,
    largeObject: (user) =>
      `The user ${user} may not read a large object: grant it SELECT ON LARGE OBJECT, or back up as their owner or a superuser`,
    rowSecurity: (user, table) =>
      `Row-level security on the table ${table} would hide rows from the user ${user}: back up with a role that bypasses it (ALTER ROLE … BYPASSRLS)`,
    locked: (seconds) =>
      `A table stayed locked for more than ${seconds} s (ALTER TABLE, VACUUM FULL, TRUNCATE, or a forgotten transaction): try again when that is over`,
    diskFull: 'The disk of the PostgreSQL server is full: make room on it, then start the backup again',
    outOfMemory:
      'Memory ran out during the backup, on the PostgreSQL server or on this machine: give them more (a row of 500 MB takes 2 GB)',
    outOfLocks:
      'The PostgreSQL server has not enough locks for so many tables: raise max_locks_per_transaction, then restart it',
    rowTooLarge: (table) =>
      `A row of the table ${table} takes more than 1 GB as text (a bytea of more than 500 MB, say), which PostgreSQL cannot dump: split it, or keep that content elsewhere`,
    standbyConflict:
      'The server is a standby, and what it replays of its primary interrupted the backup: back up from the primary, or turn hot_standby_feedback on',
    versions: (program) =>
      `${program} refuses this server, which is newer: install the package postgresql-client of the server’s version`,
    killed: (program, signal) =>
      `${program} was killed (${signal}): look for the cause on this machine (out of memory, most often)`,
    incomplete: (program) =>
      `${program} stopped before the end of the backup without saying why: nothing was kept, start it again`,
    notStarted: (program, code) => `${program} could not be started (${code}): install it anew`,
    failed: (program, detail) => `${program} failed: ${detail}`,
  },
};
