/** What the storage, Stripe and Twilio can answer. */
export interface ThirdPartyTexts {
  storage: {
    key(key: string): string;
    bucketMissing(bucket: string, host: string): string;
    accessKey(host: string): string;
    secretKey(host: string): string;
    credentialsMissing(bucket: string): string;
    denied(bucket: string, permission: string): string;
    clock(host: string): string;
    region(bucket: string, expected: string | undefined): string;
    bucketFull(bucket: string, host: string): string;
    unreachable(host: string, code: string): string;
    certificate(host: string, code: string): string;
    timeout(host: string): string;
    busy(host: string, status: number): string;
    notS3(host: string): string;
    damaged(host: string, code: string): string;
    incomplete(key: string, host: string): string;
    replaced(key: string, host: string): string;
    tooLarge(key: string, limitGb: number): string;
    refused(bucket: string, detail: string): string;
    folderFull(folder: string): string;
    folderDenied(folder: string): string;
    folder(folder: string, code: string): string;
  };
  stripe: {
    customerId(id: string): string;
    secretKey: string;
    otherMode: string;
    permission(detail: string): string;
    busy(host: string): string;
    unavailable(host: string, status: number): string;
    unreachable(host: string, code: string): string;
    unanswered(host: string): string;
    notStripe(host: string, status: number): string;
    refused(detail: string): string;
  };
  sms: {
    number: string;
    unsubscribed: string;
    refused(detail: string): string;
    credentials(detail: string): string;
    account: string;
    accountRefused(detail: string): string;
    sender(detail: string): string;
    busy(host: string): string;
    unavailable(host: string, status: number): string;
    unreachable(host: string, code: string): string;
    unanswered(host: string): string;
    notTwilio(host: string, status: number): string;
  };
}

export const thirdPartiesFr: ThirdPartyTexts = {
  storage: {
    key: (key) => `« ${key} » ne peut pas être la clé d’un objet : aucune partie vide, « . » ni « .. »`,
    bucketMissing: (bucket, host) =>
      `Le bucket ${bucket} n’existe pas sur ${host} : vérifiez S3_BUCKET, S3_ENDPOINT et S3_REGION, ou créez-le`,
    accessKey: (host) =>
      `${host} ne connaît pas la clé d’accès, ou elle a expiré : vérifiez S3_ACCESS_KEY_ID et S3_ENDPOINT`,
    secretKey: (host) =>
      `${host} refuse la signature : vérifiez S3_SECRET_ACCESS_KEY (et qu’elle va avec S3_ACCESS_KEY_ID)`,
    credentialsMissing: (bucket) =>
      `Aucune clé pour le bucket ${bucket} : définissez S3_ACCESS_KEY_ID et S3_SECRET_ACCESS_KEY`,
    denied: (bucket, permission) =>
      `La clé S3_ACCESS_KEY_ID n’a pas le droit ${permission} sur le bucket ${bucket} : accordez-le-lui, ou utilisez une autre clé`,
    clock: (host) =>
      `L’horloge de cette machine s’écarte trop de celle de ${host} : mettez-la à l’heure (NTP), puis relancez`,
    region: (bucket, expected) =>
      `Le bucket ${bucket} est dans une autre région : corrigez S3_REGION${expected ? ` (attendu ${expected})` : ' (et S3_ENDPOINT)'}`,
    bucketFull: (bucket, host) =>
      `Plus de place pour le bucket ${bucket} sur ${host} : libérez de l’espace, augmentez le quota ou changez S3_BUCKET`,
    unreachable: (host, code) =>
      `Le stockage ${host} est injoignable (${code}) : vérifiez S3_ENDPOINT et le réseau ; si le serveur ne connaît pas le nom du bucket comme sous-domaine, mettez S3_FORCE_PATH_STYLE à true`,
    certificate: (host, code) =>
      `Le certificat de ${host} n’est pas valable (${code}) : corrigez S3_ENDPOINT, ou ajoutez son autorité avec NODE_EXTRA_CA_CERTS`,
    timeout: (host) =>
      `Le stockage ${host} n’a pas répondu à temps : vérifiez S3_ENDPOINT ; nouvel essai au prochain appel`,
    busy: (host, status) =>
      `Le stockage ${host} n’est pas disponible pour l’instant (HTTP ${status}) : nouvel essai au prochain appel`,
    notS3: (host) => `${host} ne répond pas comme un serveur S3 : vérifiez S3_ENDPOINT`,
    damaged: (host, code) =>
      `Les données envoyées à ${host} y arrivent abîmées ou tronquées (${code}) : vérifiez le réseau et le proxy entre les deux ; nouvel essai au prochain appel`,
    incomplete: (key, host) =>
      `${host} n’a pas gardé l’objet ${key} en entier : il a été retiré ; vérifiez le stockage, puis relancez`,
    replaced: (key, host) =>
      `L’objet ${key} a été remplacé ou supprimé sur ${host} pendant sa lecture : relancez`,
    tooLarge: (key, limitGb) =>
      `L’objet ${key} dépasse ${limitGb} Go, bien plus que prévu : l’envoi a été annulé ; relancez`,
    refused: (bucket, detail) =>
      `Le stockage refuse l’opération sur le bucket ${bucket} : vérifiez les variables S3_… (${detail})`,
    folderFull: (folder) =>
      `Plus de place sur le disque de ${folder} : libérez de l’espace, ou définissez S3_BUCKET`,
    folderDenied: (folder) =>
      `Le dossier ${folder} n’est pas accessible : donnez-en les droits à l’utilisateur du service, ou définissez S3_BUCKET`,
    folder: (folder, code) =>
      `Le dossier ${folder} ne peut pas servir de stockage (${code}) : vérifiez-le, ou définissez S3_BUCKET`,
  },
  stripe: {
    customerId: (id) =>
      `« ${id} » n’est pas un identifiant de client Stripe : corrigez stripe_customer_id de l’utilisateur`,
    secretKey: 'Stripe refuse la clé : vérifiez STRIPE_SECRET_KEY',
    otherMode:
      'Ce client existe dans l’autre mode de Stripe (test ou production) : donnez à STRIPE_SECRET_KEY la clé de ce mode',
    permission: (detail) =>
      `La clé STRIPE_SECRET_KEY n’a pas les droits nécessaires : accordez-lui l’écriture sur Customers et Subscriptions (${detail})`,
    busy: (host) => `Stripe (${host}) limite les requêtes : nouvel essai au prochain appel`,
    unavailable: (host, status) =>
      `Stripe (${host}) n’est pas disponible pour l’instant (HTTP ${status}) : nouvel essai au prochain appel`,
    unreachable: (host, code) =>
      `Stripe (${host}) est injoignable (${code}) : vérifiez le réseau et STRIPE_API_URL ; nouvel essai au prochain appel`,
    unanswered: (host) =>
      `Stripe (${host}) n’a pas répondu en entier à temps : nouvel essai au prochain appel`,
    notStripe: (host, status) =>
      `${host} ne répond pas comme Stripe (HTTP ${status}) : vérifiez STRIPE_API_URL ; nouvel essai au prochain appel`,
    refused: (detail) => `Stripe refuse la demande : ${detail}`,
  },
  sms: {
    number:
      'Numéro de destinataire invalide : corrigez-le (par exemple +33612345678), le SMS ne sera pas renvoyé',
    unsubscribed: 'Ce numéro s’est désabonné auprès de Twilio (STOP) : il ne recevra plus de SMS',
    refused: (detail) => `Twilio refuse ce SMS : ${detail}`,
    credentials: (detail) =>
      `Twilio refuse la connexion : vérifiez TWILIO_ACCOUNT_SID et TWILIO_AUTH_TOKEN ; aucun SMS n’est perdu (${detail})`,
    account: 'Twilio ne connaît pas ce compte : vérifiez TWILIO_ACCOUNT_SID ; aucun SMS n’est perdu',
    accountRefused: (detail) =>
      `Twilio refuse l’envoi pour ce compte : vérifiez son état dans la console Twilio ; aucun SMS n’est perdu (${detail})`,
    sender: (detail) =>
      `Twilio refuse l’expéditeur : vérifiez TWILIO_FROM ; aucun SMS n’est perdu (${detail})`,
    busy: (host) => `Twilio (${host}) limite les envois : les SMS partiront à un prochain appel`,
    unavailable: (host, status) =>
      `Twilio (${host}) n’est pas disponible pour l’instant (HTTP ${status}) : les SMS partiront à un prochain appel`,
    unreachable: (host, code) =>
      `Twilio (${host}) est injoignable (${code}) : vérifiez le réseau et TWILIO_API_URL ; aucun SMS n’est perdu`,
    unanswered: (host) =>
      `Twilio (${host}) n’a pas répondu à temps : le SMS est peut-être parti ; nouvel essai plus tard`,
    notTwilio: (host, status) =>
      `${host} ne répond pas comme Twilio (HTTP ${status}) : vérifiez TWILIO_API_URL ; aucun SMS n’est perdu`,
  },
};

export const thirdPartiesEn: ThirdPartyTexts = {
  storage: {
    key: (key) => `"${key}" cannot be the key of an object: no part may be empty, "." or ".."`,
    bucketMissing: (bucket, host) =>
      `There is no bucket ${bucket} on ${host}: check S3_BUCKET, S3_ENDPOINT and S3_REGION, or create it`,
    accessKey: (host) =>
      `${host} does not know the access key, or it has expired: check S3_ACCESS_KEY_ID and S3_ENDPOINT`,
    secretKey: (host) =>
      `${host} refuses the signature: check S3_SECRET_ACCESS_KEY (and that it belongs to S3_ACCESS_KEY_ID)`,
    credentialsMissing: (bucket) =>
      `There is no key for the bucket ${bucket}: set S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY`,
    denied: (bucket, permission) =>
      `The key S3_ACCESS_KEY_ID lacks the permission ${permission} on the bucket ${bucket}: grant it, or use another key`,
    clock: (host) =>
      `The clock of this machine is too far from that of ${host}: set it right (NTP), then run again`,
    region: (bucket, expected) =>
      `The bucket ${bucket} is in another region: correct S3_REGION${expected ? ` (expected ${expected})` : ' (and S3_ENDPOINT)'}`,
    bucketFull: (bucket, host) =>
      `No space left for the bucket ${bucket} on ${host}: free some, raise the quota or change S3_BUCKET`,
    unreachable: (host, code) =>
      `The storage ${host} cannot be reached (${code}): check S3_ENDPOINT and the network; if the server does not know the bucket's name as a subdomain, set S3_FORCE_PATH_STYLE to true`,
    certificate: (host, code) =>
      `The certificate of ${host} is not valid (${code}): correct S3_ENDPOINT, or add its authority with NODE_EXTRA_CA_CERTS`,
    timeout: (host) =>
      `The storage ${host} did not answer in time: check S3_ENDPOINT; the next call tries again`,
    busy: (host, status) =>
      `The storage ${host} is not available for now (HTTP ${status}): the next call tries again`,
    notS3: (host) => `${host} does not answer like an S3 server: check S3_ENDPOINT`,
    damaged: (host, code) =>
      `What is sent to ${host} arrives damaged or cut short (${code}): check the network and the proxy between; the next call tries again`,
    incomplete: (key, host) =>
      `${host} did not keep the object ${key} whole: it has been removed; check the storage, then run again`,
    replaced: (key, host) =>
      `The object ${key} was replaced or deleted on ${host} while it was read: run again`,
    tooLarge: (key, limitGb) =>
      `The object ${key} is larger than ${limitGb} GB, far more than expected: its upload was ended; run again`,
    refused: (bucket, detail) =>
      `The storage refuses the operation on the bucket ${bucket}: check the variables S3_… (${detail})`,
    folderFull: (folder) => `No space left on the disk of ${folder}: free some, or set S3_BUCKET`,
    folderDenied: (folder) =>
      `The folder ${folder} is not accessible: give the user of the service its permissions, or set S3_BUCKET`,
    folder: (folder, code) =>
      `The folder ${folder} cannot serve as storage (${code}): check it, or set S3_BUCKET`,
  },
  stripe: {
    customerId: (id) => `"${id}" is not the id of a Stripe customer: correct stripe_customer_id of the user`,
    secretKey: 'Stripe refuses the key: check STRIPE_SECRET_KEY',
    otherMode:
      'This customer exists in the other mode of Stripe (test or live): give STRIPE_SECRET_KEY the key of that mode',
    permission: (detail) =>
      `The key STRIPE_SECRET_KEY lacks permissions: grant it writing on Customers and Subscriptions (${detail})`,
    busy: (host) => `Stripe (${host}) limits the requests: the next call tries again`,
    unavailable: (host, status) =>
      `Stripe (${host}) is not available for now (HTTP ${status}): the next call tries again`,
    unreachable: (host, code) =>
      `Stripe (${host}) cannot be reached (${code}): check the network and STRIPE_API_URL; the next call tries again`,
    unanswered: (host) => `Stripe (${host}) did not answer whole in time: the next call tries again`,
    notStripe: (host, status) =>
      `${host} does not answer like Stripe (HTTP ${status}): check STRIPE_API_URL; the next call tries again`,
    refused: (detail) => `Stripe refuses the request: ${detail}`,
  },
  sms: {
    number: 'Invalid recipient number: correct it (for example +33612345678), the SMS will not be sent again',
    unsubscribed: 'This number has unsubscribed at Twilio (STOP): it will get no more SMS',
    refused: (detail) => `Twilio refuses this SMS: ${detail}`,
    credentials: (detail) =>
      `Twilio refuses the login: check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN; no SMS is lost (${detail})`,
    account: 'Twilio does not know this account: check TWILIO_ACCOUNT_SID; no SMS is lost',
    accountRefused: (detail) =>
      `Twilio refuses to send for this account: check its state in the Twilio console; no SMS is lost (${detail})`,
    sender: (detail) => `Twilio refuses the sender: check TWILIO_FROM; no SMS is lost (${detail})`,
    busy: (host) => `Twilio (${host}) limits the messages: the SMS will leave at a later call`,
    unavailable: (host, status) =>
      `Twilio (${host}) is not available for now (HTTP ${status}): the SMS will leave at a later call`,
    unreachable: (host, code) =>
      `Twilio (${host}) cannot be reached (${code}): check the network and TWILIO_API_URL; no SMS is lost`,
    unanswered: (host) =>
      `Twilio (${host}) did not answer in time: the SMS may have left; another try follows later`,
    notTwilio: (host, status) =>
      `${host} does not answer like Twilio (HTTP ${status}): check TWILIO_API_URL; no SMS is lost`,
  },
};
