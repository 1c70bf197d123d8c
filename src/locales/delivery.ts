/** What a delivery can say; `reply` is what the server answered. */
export interface DeliveryTexts {
  invalidAddress: string;
  recipient(reply: string): string;
  message(reply: string): string;
  /** Not now: it is tried again. */
  postponed(reply: string): string;
  sender(reply: string): string;
  /** No login, no quota left, no relaying. */
  notAllowed(host: string, reply: string): string;
  /** One refusal after the other, all alike. */
  refusesAll(reply: string): string;
  credentials(host: string, user: string, reply: string): string;
  busy(host: string, reply: string): string;
  hostNotFound(host: string): string;
  refused(host: string): string;
  certificate(host: string): string;
  tls(host: string): string;
  timeout(host: string): string;
  noReply(host: string): string;
  closed(host: string): string;
  unexpected(host: string, reply: string): string;
  sealed: string;
  /** Kept with a message that was taken back; one that a person cancels does not carry it. */
  causeGone: string;
  heldAfterRestore(count: number): string;
  held: { title: string; body(count: number): string };
}

export const deliveryFr: DeliveryTexts = {
  invalidAddress: 'Adresse de destinataire invalide : corrigez-la, le message ne sera pas renvoyé',
  recipient: (reply) =>
    `Le serveur SMTP refuse ce destinataire, le message ne sera pas renvoyé : vérifiez l’adresse (${reply})`,
  message: (reply) => `Le serveur SMTP refuse ce message, qui ne sera pas renvoyé : ${reply}`,
  postponed: (reply) =>
    `Le serveur SMTP demande de réessayer plus tard, ce que fera la tâche outbox : ${reply}`,
  sender: (reply) => `Le serveur SMTP refuse l’expéditeur : vérifiez MAIL_FROM (${reply})`,
  notAllowed: (host, reply) =>
    `${host} ne laisse plus envoyer (${reply}) : vérifiez l’utilisateur de SMTP_URL, ses droits et son quota ; aucun message n’est perdu`,
  refusesAll: (reply) =>
    `Le serveur SMTP refuse tous les messages l’un après l’autre : les suivants attendent. Vérifiez MAIL_FROM et la réputation de votre domaine, puis relancez les refusés par « npx cronhook outbox retry » (${reply})`,
  credentials: (host, user, reply) =>
    `${host} refuse la connexion de ${user || 'SMTP_URL'} : vérifiez l’utilisateur et le mot de passe de SMTP_URL ; aucun message n’est perdu${reply && ` (${reply})`}`,
  busy: (host, reply) =>
    `${host} n’est pas disponible pour l’instant (${reply}) : les messages partiront à un prochain appel`,
  hostNotFound: (host) =>
    `Le serveur SMTP ${host} est introuvable : vérifiez SMTP_URL ; aucun message n’est perdu`,
  refused: (host) =>
    `Le serveur SMTP ${host} refuse la connexion : vérifiez l’hôte et le port de SMTP_URL, et qu’il est démarré ; aucun message n’est perdu`,
  certificate: (host) =>
    `Le certificat du serveur SMTP ${host} n’est pas valable : utilisez le nom inscrit dans le certificat, ou ajoutez son autorité avec NODE_EXTRA_CA_CERTS`,
  tls: (host) =>
    `Le serveur SMTP ${host} ne chiffre pas comme SMTP_URL le demande : essayez smtps:// (port 465) ou smtp:// (port 587) ; pour envoyer le mot de passe en clair sur un réseau privé, ajoutez ?ignoreTLS=true`,
  timeout: (host) =>
    `Le serveur SMTP ${host} ne répond pas à temps : vérifiez SMTP_URL (certains hébergeurs bloquent les ports 25, 465 et 587) ; aucun message n’est perdu`,
  noReply: (host) =>
    `${host} n’a pas confirmé ce message à temps : il est peut-être arrivé, et sera renvoyé sous le même Message-ID`,
  closed: (host) => `${host} a fermé la connexion pendant l’envoi : nouvel essai au prochain appel`,
  unexpected: (host, reply) =>
    `Échange interrompu avec le serveur SMTP ${host}${reply && ` (${reply})`} : nouvel essai au prochain appel`,
  sealed:
    'Ce message chiffré ne se déchiffre pas avec ENCRYPTION_KEY : rétablissez la clé, ou donnez l’ancienne dans ENCRYPTION_KEY_PREVIOUS',
  causeGone: 'Annulé juste avant l’envoi : il n’avait plus de raison d’être',
  heldAfterRestore: (count) =>
    `Cette base vient d’une sauvegarde : ${count} message${count > 1 ? 's' : ''} en attente retenu${count > 1 ? 's' : ''} pour ne rien envoyer deux fois ; vérifiez, puis lancez « npx cronhook outbox release » (et « npx cronhook erasures replay »)`,
  held: {
    title: 'Messages retenus après une restauration',
    body: (count) =>
      `Cette base de données vient d’une sauvegarde. ${count} message(s) en attente ont été retenus, car ils sont peut-être déjà partis. Lancez « npx cronhook erasures replay » pour supprimer à nouveau les comptes supprimés depuis la sauvegarde, puis « npx cronhook outbox release » pour libérer les messages.`,
  },
};

export const deliveryEn: DeliveryTexts = {
  invalidAddress: 'The recipient’s address is not valid: correct it, the message will not be sent again',
  recipient: (reply) =>
    `The SMTP server refuses this recipient, the message will not be sent again: check the address (${reply})`,
  message: (reply) => `The SMTP server refuses this message, which will not be sent again: ${reply}`,
  postponed: (reply) => `The SMTP server asks to try again later, which the task outbox will: ${reply}`,
  sender: (reply) => `The SMTP server refuses the sender: check MAIL_FROM (${reply})`,
  notAllowed: (host, reply) =>
    `${host} does not let us send any more (${reply}): check the user of SMTP_URL, its rights and its quota; no message is lost`,
  refusesAll: (reply) =>
    `The SMTP server refuses one message after the other: the next ones wait. Check MAIL_FROM and the reputation of your domain, then send the refused ones again with "npx cronhook outbox retry" (${reply})`,
  credentials: (host, user, reply) =>
    `${host} refuses the login of ${user || 'SMTP_URL'}: check user and password of SMTP_URL; no message is lost${reply && ` (${reply})`}`,
  busy: (host, reply) =>
    `${host} is not available right now (${reply}): the messages will go at a later call`,
  hostNotFound: (host) => `The SMTP server ${host} cannot be found: check SMTP_URL; no message is lost`,
  refused: (host) =>
    `The SMTP server ${host} refuses the connection: check host and port of SMTP_URL, and that it is running; no message is lost`,
  certificate: (host) =>
    `The certificate of the SMTP server ${host} is not valid: use the name in the certificate, or add its authority with NODE_EXTRA_CA_CERTS`,
  tls: (host) =>
    `The SMTP server ${host} does not encrypt as SMTP_URL asks: try smtps:// (port 465) or smtp:// (port 587); to send the password in the clear on a private network, add ?ignoreTLS=true`,
  timeout: (host) =>
    `The SMTP server ${host} does not answer in time: check SMTP_URL (some hosts block the ports 25, 465 and 587); no message is lost`,
  noReply: (host) =>
    `${host} did not confirm this message in time: it may have arrived, and will be sent again under the same Message-ID`,
  closed: (host) => `${host} closed the connection in the middle of the message: the next call tries again`,
  unexpected: (host, reply) =>
    `The exchange with the SMTP server ${host} was cut short${reply && ` (${reply})`}: the next call tries again`,
  sealed:
    'This encrypted message does not decrypt with ENCRYPTION_KEY: restore the key, or give the old one in ENCRYPTION_KEY_PREVIOUS',
  causeGone: 'Cancelled just before it would have left: its reason had gone',
  heldAfterRestore: (count) =>
    `This database comes from a backup: ${count} pending message${count === 1 ? ' is' : 's are'} held so that nothing is sent twice; check, then run "npx cronhook outbox release" (and "npx cronhook erasures replay")`,
  held: {
    title: 'Messages held after a restore',
    body: (count) =>
      `This database comes from a backup. ${count} pending message(s) are held, since they may have been sent already. Run "npx cronhook erasures replay" to delete again the accounts deleted since the backup, then "npx cronhook outbox release" to let the messages go.`,
  },
};
