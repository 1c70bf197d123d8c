/** What the cleanings tell. */
export interface MaintenanceTexts {
  archive: {
    lost(key: string): string;
    damaged(key: string): string;
  };
  folder: {
    relative: string;
    missing: string;
    notAFolder: string;
    /** What no cleaning may touch. */
    refused: Record<'root' | 'home' | 'project' | 'system', string>;
    unreadable(code: string): string;
    tooDeep(levels: number): string;
    stuck(files: number, code: string): string;
  };
  mail: {
    subject(rows: string): string;
    heading: string;
    before: string;
    labels: { runs: string; freed: string; archived: string; remaining: string };
    /** Of a level of the logs. */
    level(level: string): string;
    freed(size: string): string;
    archives: string;
    /** The archive keys that are not named. */
    more(count: number): string;
    readable: Record<'plain' | 'encrypted', string>;
    after: string;
  };
}

const plural = (count: number): string => (count > 1 ? 's' : '');

export const maintenanceFr: MaintenanceTexts = {
  archive: {
    lost: (key) =>
      `L’archive ${key} n’est pas dans le stockage après son écriture : aucune ligne n’a été supprimée ; vérifiez le bucket et ses règles de cycle de vie`,
    damaged: (key) =>
      `L’archive ${key} relue n’est pas ce qui a été écrit : aucune de ses lignes n’a été supprimée ; vérifiez le stockage`,
  },
  folder: {
    relative: 'TEMP_PATHS : attendu un chemin absolu, comme /srv/app/tmp',
    missing: 'Ce dossier de TEMP_PATHS n’existe pas : créez-le, ou retirez-le de la variable',
    notAFolder: 'TEMP_PATHS : ce chemin n’est pas un dossier',
    refused: {
      root: 'TEMP_PATHS : la racine du système de fichiers n’est jamais nettoyée ; indiquez un dossier temporaire précis',
      home: 'TEMP_PATHS : un dossier personnel, ou un dossier qui en contient un, n’est jamais nettoyé ; indiquez un dossier temporaire précis',
      project:
        'TEMP_PATHS : le dossier du service, son code, ses données et les dossiers qui les contiennent ne sont jamais nettoyés ; indiquez un dossier temporaire précis',
      system:
        'TEMP_PATHS : un dossier du système n’est jamais nettoyé ; indiquez un dossier temporaire précis',
    },
    unreadable: (code) =>
      `Ce dossier ne peut pas être lu (${code}) : vérifiez les droits de l’utilisateur du service`,
    tooDeep: (levels) =>
      `Plus de ${levels} dossiers les uns dans les autres : ce dossier n’a pas été parcouru`,
    stuck: (files, code) =>
      `${files} fichier${plural(files)} n’${files > 1 ? 'ont' : 'a'} pas pu être supprimé${plural(files)} ici (${code}) : vérifiez les droits de l’utilisateur du service`,
  },
  mail: {
    subject: (rows) => `Nettoyage des journaux : ${rows} lignes supprimées`,
    heading: 'Nettoyage des journaux',
    before:
      'Les lignes de journal de plus de 90 jours et les exécutions de plus de 30 jours viennent d’être supprimées.',
    labels: {
      runs: 'Exécutions de tâches',
      freed: 'Espace libéré',
      archived: 'Archivées avant suppression',
      remaining: 'Reste pour le prochain passage',
    },
    level: (level) => `Lignes « ${level} »`,
    freed: (size) => `environ ${size}`,
    archives: 'Archives',
    more: (count) => `… et ${count} autre${plural(count)} au même endroit.`,
    readable: {
      plain: 'Pour les lire, une fois téléchargées : gunzip -c <fichier>',
      encrypted: 'Pour les lire, une fois téléchargées : age -d -i <identité> <fichier> | gunzip -c',
    },
    after:
      'L’espace libéré se compte en données, sans les index ; PostgreSQL le réutilise pour les nouvelles lignes, sans le rendre au disque.',
  },
};

export const maintenanceEn: MaintenanceTexts = {
  archive: {
    lost: (key) =>
      `The archive ${key} is not in the storage after it was written: no line was deleted; check the bucket and its lifecycle rules`,
    damaged: (key) =>
      `The archive ${key} reads back as something else than was written: none of its lines was deleted; check the storage`,
  },
  folder: {
    relative: 'TEMP_PATHS: expected an absolute path such as /srv/app/tmp',
    missing: 'This folder of TEMP_PATHS does not exist: create it, or take it out of the variable',
    notAFolder: 'TEMP_PATHS: this path is no folder',
    refused: {
      root: 'TEMP_PATHS: the root of the file system is never cleaned; name one temporary folder',
      home: 'TEMP_PATHS: a home folder, or one that holds a home, is never cleaned; name one temporary folder',
      project:
        'TEMP_PATHS: the folder of the service, its code, its data and the folders around them are never cleaned; name one temporary folder',
      system: 'TEMP_PATHS: a folder of the system is never cleaned; name one temporary folder',
    },
    unreadable: (code) => `This folder cannot be read (${code}): check the permissions of the service’s user`,
    tooDeep: (levels) => `More than ${levels} folders within each other: this one was left alone`,
    stuck: (files, code) =>
      `${files} file${plural(files)} here could not be deleted (${code}): check the permissions of the service’s user`,
  },
  mail: {
    subject: (rows) => `Log cleanup: ${rows} rows deleted`,
    heading: 'Log cleanup',
    before: 'Log lines older than 90 days and runs older than 30 days have just been deleted.',
    labels: {
      runs: 'Task runs',
      freed: 'Space freed',
      archived: 'Archived before deletion',
      remaining: 'Left to the next run',
    },
    level: (level) => `Lines “${level}”`,
    freed: (size) => `about ${size}`,
    archives: 'Archives',
    more: (count) => `… and ${count} more in the same place.`,
    readable: {
      plain: 'To read them, once downloaded: gunzip -c <file>',
      encrypted: 'To read them, once downloaded: age -d -i <identity> <file> | gunzip -c',
    },
    after:
      'The space freed counts data without indexes; PostgreSQL uses it for new rows and does not give it back to the disk.',
  },
};
