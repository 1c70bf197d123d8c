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
    encrypted(keyId: string): string;
    extraMissing: string;
    extra(code: string): string;
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
    encrypted: (keyId) =>
      `Cette sauvegarde est chiffrée pour ${keyId} : donnez l’identité age (BACKUP_AGE_IDENTITY, ou --identity <fichier>)`,
    extraMissing: 'Ce chemin de BACKUP_EXTRA_PATHS n’existe pas : créez-le, ou retirez-le de la variable',
    extra: (code) =>
      `Les fichiers de BACKUP_EXTRA_PATHS n’ont pas pu être archivés (${code}) : la sauvegarde est faite sans eux ; vérifiez leurs droits`,
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
    encrypted: (keyId) =>
      `This backup is encrypted for ${keyId}: give the age identity (BACKUP_AGE_IDENTITY, or --identity <file>)`,
    extraMissing: 'This path of BACKUP_EXTRA_PATHS does not exist: create it, or take it out of the variable',
    extra: (code) =>
      `The files of BACKUP_EXTRA_PATHS could not be archived (${code}): the backup is made without them; check their permissions`,
  },
};
