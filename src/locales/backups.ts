import { type DumpTexts, dumpEn, dumpFr } from './backup-dump.js';
import {
  type RestoreTexts,
  restoreEn,
  restoreFr,
  type VerifyTexts,
  verifyEn,
  verifyFr,
} from './backup-restore.js';

/** What backups, their verification and their restoration tell. */
export interface BackupTexts extends DumpTexts {
  restore: RestoreTexts;
  verify: VerifyTexts;
  age: {
    recipient: string;
    identity: string;
    foreign: string;
    damaged: string;
  };
  set: {
    missing(key: string): string;
    checksum(key: string): string;
    damaged(key: string): string;
    lost(stem: string): string;
    encrypted(keyId: string): string;
    extraMissing: string;
    /** What of BACKUP_EXTRA_PATHS could not be read, in the words of tar. */
    extra(detail: string): string;
    tar(detail: string): string;
    tarMissing: string;
  };
}

export const backupsFr: BackupTexts = {
  ...dumpFr,
  restore: restoreFr,
  verify: verifyFr,
  age: {
    recipient:
      'BACKUP_AGE_RECIPIENT n’est pas une clé publique age : attendu age1… (la ligne « public key » de age-keygen)',
    identity:
      'Ce n’est pas une identité age : attendu une ligne AGE-SECRET-KEY-1… (le fichier qu’écrit age-keygen)',
    foreign: 'Cette identité age n’est pas celle pour qui la sauvegarde a été chiffrée',
    damaged: 'Le chiffrement age de cette sauvegarde est endommagé : prenez-en une autre',
  },
  set: {
    missing: (key) => `L’objet ${key} n’est plus dans le stockage : prenez une autre sauvegarde`,
    checksum: (key) =>
      `L’objet ${key} n’est pas celui qui a été écrit (SHA-256 différent de celui du manifeste) : prenez une autre sauvegarde et vérifiez le stockage`,
    damaged: (key) => `L’objet ${key} est endommagé (gzip) : prenez une autre sauvegarde`,
    lost: (stem) =>
      `Le stockage a perdu des fichiers de la sauvegarde ${stem}, ou une partie de leur contenu : elle ne peut plus être restaurée ; prenez-en une autre et vérifiez qui écrit dans ce bucket`,
    encrypted: (keyId) =>
      `Cette sauvegarde est chiffrée pour ${keyId} : donnez l’identité age (BACKUP_AGE_IDENTITY, ou --identity <fichier>)`,
    extraMissing: 'Ce chemin de BACKUP_EXTRA_PATHS n’existe pas : créez-le, ou retirez-le de la variable',
    extra: (detail) =>
      `Une partie de BACKUP_EXTRA_PATHS n’a pas pu être lue et manque dans l’archive : ${detail} ; vérifiez les droits de l’utilisateur du service`,
    tar: (detail) => `tar a échoué : ${detail}`,
    tarMissing: 'Le programme tar est introuvable : installez le paquet tar',
  },
};

export const backupsEn: BackupTexts = {
  ...dumpEn,
  restore: restoreEn,
  verify: verifyEn,
  age: {
    recipient:
      'BACKUP_AGE_RECIPIENT is no public age key: expected age1… (the “public key” line of age-keygen)',
    identity: 'This is no age identity: expected a line AGE-SECRET-KEY-1… (the file that age-keygen writes)',
    foreign: 'This age identity is not the one that the backup was encrypted for',
    damaged: 'The age encryption of this backup is damaged: take another one',
  },
  set: {
    missing: (key) => `The object ${key} is no longer in the storage: take another backup`,
    checksum: (key) =>
      `The object ${key} is not what was written (its SHA-256 differs from the manifest’s): take another backup, and check the storage`,
    damaged: (key) => `The object ${key} is damaged (gzip): take another backup`,
    lost: (stem) =>
      `The storage has lost files of the backup ${stem}, or a part of them: it can no longer be restored; take another one, and check who writes to this bucket`,
    encrypted: (keyId) =>
      `This backup is encrypted for ${keyId}: give the age identity (BACKUP_AGE_IDENTITY, or --identity <file>)`,
    extraMissing: 'This path of BACKUP_EXTRA_PATHS does not exist: create it, or take it out of the variable',
    extra: (detail) =>
      `A part of BACKUP_EXTRA_PATHS could not be read and is missing in the archive: ${detail}; check the permissions of the service’s user`,
    tar: (detail) => `tar failed: ${detail}`,
    tarMissing: 'The program tar is not there: install the package tar',
  },
};
