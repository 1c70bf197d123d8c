import { type AvailabilityTexts, availabilityEn, availabilityFr } from './availability.js';

/** Why a check found something wrong, and what to do; `at` is `host:port`. */
export interface ProbeTexts {
  /** Of a row that somebody wrote by SQL. */
  target(must: string): string;
  targetHttp: string;
  targetTcp: string;
  refusedAddress(host: string): string;
  refusedRedirect(from: string, host: string): string;
  nameUnknown(host: string): string;
  dnsFailed(host: string, code: string): string;
  connectionRefused(at: string): string;
  unreachable(at: string, code: string): string;
  descriptors(code: string): string;
  timeout: Record<ProbeStage, (at: string, seconds: number) => string>;
  notTls(at: string): string;
  tls(at: string, code: string): string;
  certificate: {
    expired(host: string, day: string): string;
    notYetValid(host: string): string;
    otherName(host: string): string;
    selfSigned(host: string): string;
    untrusted(host: string): string;
    invalid(host: string, code: string): string;
  };
  plainToTls(at: string): string;
  http2Only(at: string): string;
  notHttp(at: string): string;
  headTooLarge(at: string): string;
  closed(at: string): string;
  closedPlain(at: string): string;
  brokeOff(at: string): string;
  status(status: number, expected: number): string;
  redirected(status: number, expected: number, to: string): string;
  redirectLoop(host: string): string;
  tooManyRedirects(limit: number): string;
  redirectInvalid(host: string): string;
  keyword(keyword: string): string;
  keywordNotInStart(keyword: string): string;
  encoding(at: string, encoding: string): string;
  unexpected(at: string, code: string): string;
}

/** How far a check had come when its time was up. */
export type ProbeStage = 'lookup' | 'connect' | 'tls' | 'answer' | 'body';

/** What monitors and their checks tell. */
export interface MonitorTexts extends AvailabilityTexts {
  probe: ProbeTexts;
}

const probeFr: ProbeTexts = {
  target: (must) => `La cible ne peut pas être contrôlée : elle ${must}`,
  targetHttp: 'doit être une adresse http:// ou https://, comme https://exemple.fr/page',
  targetTcp: 'doit être hôte:port, comme db.exemple.fr:5432 ou [2001:db8::1]:5432',
  refusedAddress: (host) =>
    `${host} mène à une adresse qui n’est jamais contactée (lien local, métadonnées du cloud, multidiffusion) : surveillez l’adresse publique ou privée du service`,
  refusedRedirect: (from, host) =>
    `${from} redirige vers ${host}, qui mène à une adresse jamais contactée (lien local, métadonnées du cloud, multidiffusion) : corrigez cette redirection`,
  nameUnknown: (host) =>
    `Le nom ${host} n’a pas d’adresse : vérifiez son orthographe et ses enregistrements DNS (A, AAAA)`,
  dnsFailed: (host, code) =>
    `Le DNS ne répond pas pour ${host} (${code}) : vérifiez les serveurs de noms du domaine et ceux de cette machine`,
  connectionRefused: (at) =>
    `${at} refuse la connexion : vérifiez que le service est démarré et qu’il écoute sur ce port`,
  unreachable: (at, code) =>
    `${at} est injoignable (${code}) : vérifiez que la machine est allumée, sa route et son pare-feu`,
  descriptors: (code) =>
    `Cette machine n’a pas pu ouvrir de connexion (${code}) : augmentez sa limite de fichiers ouverts (ulimit -n)`,
  timeout: {
    lookup: (at, seconds) =>
      `Le DNS n’a pas donné l’adresse de ${at} en ${seconds} s : vérifiez les serveurs de noms du domaine et ceux de cette machine`,
    connect: (at, seconds) =>
      `${at} ne répond pas à la connexion en ${seconds} s : vérifiez que la machine est allumée et que le pare-feu laisse passer`,
    tls: (at, seconds) =>
      `${at} accepte la connexion mais n’achève pas la négociation TLS en ${seconds} s : vérifiez que ce port parle TLS et que le service n’est pas bloqué`,
    answer: (at, seconds) =>
      `${at} accepte la connexion mais ne répond pas en ${seconds} s : vérifiez si le service est bloqué ou surchargé`,
    body: (at, seconds) =>
      `${at} commence à répondre mais la page n’arrive pas en ${seconds} s : vérifiez si le service est surchargé`,
  },
  notTls: (at) => `${at} ne parle pas TLS : vérifiez le port, ou utilisez http://`,
  tls: (at, code) =>
    `La négociation TLS avec ${at} échoue (${code}) : vérifiez les versions et le certificat de son serveur`,
  certificate: {
    expired: (host, day) => `Le certificat de ${host} a expiré le ${day} : renouvelez-le`,
    notYetValid: (host) =>
      `Le certificat de ${host} n’est pas encore valable : vérifiez ses dates et l’horloge de cette machine`,
    otherName: (host) =>
      `Le certificat présenté n’est pas celui de ${host} : installez celui qui porte ce nom`,
    selfSigned: (host) =>
      `Le certificat de ${host} est auto-signé : installez-en un d’une autorité reconnue, ou ajoutez son autorité avec NODE_EXTRA_CA_CERTS`,
    untrusted: (host) =>
      `L’autorité du certificat de ${host} n’est pas reconnue, ou un certificat intermédiaire manque : installez la chaîne complète, ou ajoutez l’autorité avec NODE_EXTRA_CA_CERTS`,
    invalid: (host, code) => `Le certificat de ${host} n’est pas valable (${code}) : remplacez-le`,
  },
  plainToTls: (at) => `${at} attend une connexion chiffrée : utilisez https://`,
  http2Only: (at) => `${at} ne parle que HTTP/2 : activez aussi HTTP/1.1, ou surveillez le port par TCP`,
  notHttp: (at) => `${at} ne répond pas en HTTP : vérifiez le port, ou surveillez-le par TCP`,
  headTooLarge: (at) =>
    `${at} répond avec des en-têtes de plus de 64 Ko : réduisez-les (cookies, redirections)`,
  closed: (at) =>
    `${at} ferme la connexion sans répondre : consultez le journal du service, il s’est peut-être arrêté`,
  closedPlain: (at) =>
    `${at} ferme la connexion sans répondre : consultez le journal du service ; si ce port attend une connexion chiffrée, utilisez https://`,
  brokeOff: (at) =>
    `${at} coupe la connexion au milieu de la réponse : consultez le journal du service, il s’est peut-être arrêté`,
  status: (status, expected) =>
    `Réponse HTTP ${status} au lieu de ${expected} : consultez le journal du service`,
  redirected: (status, expected, to) =>
    `Réponse HTTP ${status} (redirection vers ${to}) au lieu de ${expected} : surveillez l’adresse finale, ou activez followRedirects`,
  redirectLoop: (host) => `Les redirections tournent en rond (${host}) : corrigez les règles de redirection`,
  tooManyRedirects: (limit) =>
    `Plus de ${limit} redirections de suite : corrigez-les, ou surveillez l’adresse finale`,
  redirectInvalid: (host) =>
    `${host} redirige vers une adresse qui n’est pas http:// ni https:// : corrigez-la`,
  keyword: (keyword) =>
    `« ${keyword} » ne figure pas dans la page : vérifiez ce qu’elle affiche, ou le mot à y trouver`,
  keywordNotInStart: (keyword) =>
    `« ${keyword} » ne figure pas dans le premier Mo de la page : choisissez un mot qui vient plus tôt`,
  encoding: (at, encoding) =>
    `La page de ${at} est illisible (encodage ${encoding}) : vérifiez la compression de son serveur`,
  unexpected: (at, code) => `Le contrôle de ${at} a échoué (${code}) : nouvel essai au prochain passage`,
};

export const monitorsFr: MonitorTexts = { ...availabilityFr, probe: probeFr };

const probeEn: ProbeTexts = {
  target: (must) => `The target cannot be checked: it ${must}`,
  targetHttp: 'must be an http:// or https:// address, like https://example.com/page',
  targetTcp: 'must be host:port, like db.example.com:5432 or [2001:db8::1]:5432',
  refusedAddress: (host) =>
    `${host} leads to an address that is never contacted (link-local, cloud metadata, multicast): watch the public or private address of the service`,
  refusedRedirect: (from, host) =>
    `${from} redirects to ${host}, which leads to an address that is never contacted (link-local, cloud metadata, multicast): correct this redirect`,
  nameUnknown: (host) => `The name ${host} has no address: check its spelling and its DNS records (A, AAAA)`,
  dnsFailed: (host, code) =>
    `DNS does not answer for ${host} (${code}): check the name servers of the domain and those of this machine`,
  connectionRefused: (at) =>
    `${at} refuses the connection: check that the service is running and listens on this port`,
  unreachable: (at, code) =>
    `${at} cannot be reached (${code}): check that the machine is on, its route and its firewall`,
  descriptors: (code) =>
    `This machine could not open a connection (${code}): raise its limit of open files (ulimit -n)`,
  timeout: {
    lookup: (at, seconds) =>
      `DNS did not give the address of ${at} within ${seconds} s: check the name servers of the domain and those of this machine`,
    connect: (at, seconds) =>
      `${at} does not answer the connection within ${seconds} s: check that the machine is on and that the firewall lets it through`,
    tls: (at, seconds) =>
      `${at} takes the connection but does not finish the TLS handshake within ${seconds} s: check that this port speaks TLS and that the service is not stuck`,
    answer: (at, seconds) =>
      `${at} takes the connection but does not answer within ${seconds} s: check whether the service is stuck or overloaded`,
    body: (at, seconds) =>
      `${at} begins to answer but the page does not arrive within ${seconds} s: check whether the service is overloaded`,
  },
  notTls: (at) => `${at} does not speak TLS: check the port, or use http://`,
  tls: (at, code) =>
    `The TLS handshake with ${at} fails (${code}): check the versions and the certificate of its server`,
  certificate: {
    expired: (host, day) => `The certificate of ${host} expired on ${day}: renew it`,
    notYetValid: (host) =>
      `The certificate of ${host} is not valid yet: check its dates and the clock of this machine`,
    otherName: (host) =>
      `The certificate presented is not that of ${host}: install the one that bears this name`,
    selfSigned: (host) =>
      `The certificate of ${host} is self-signed: install one of a known authority, or add its authority with NODE_EXTRA_CA_CERTS`,
    untrusted: (host) =>
      `The authority of the certificate of ${host} is not known, or an intermediate certificate is missing: install the whole chain, or add the authority with NODE_EXTRA_CA_CERTS`,
    invalid: (host, code) => `The certificate of ${host} is not valid (${code}): replace it`,
  },
  plainToTls: (at) => `${at} expects an encrypted connection: use https://`,
  http2Only: (at) => `${at} speaks HTTP/2 only: allow HTTP/1.1 too, or watch the port by TCP`,
  notHttp: (at) => `${at} does not answer in HTTP: check the port, or watch it by TCP`,
  headTooLarge: (at) =>
    `${at} answers with more than 64 KB of headers: make them smaller (cookies, redirects)`,
  closed: (at) =>
    `${at} closes the connection without an answer: see the log of the service, it may have stopped`,
  closedPlain: (at) =>
    `${at} closes the connection without an answer: see the log of the service; if this port expects an encrypted connection, use https://`,
  brokeOff: (at) =>
    `${at} cuts the connection in the middle of the answer: see the log of the service, it may have stopped`,
  status: (status, expected) => `HTTP ${status} instead of ${expected}: see the log of the service`,
  redirected: (status, expected, to) =>
    `HTTP ${status} (redirect to ${to}) instead of ${expected}: watch the final address, or set followRedirects`,
  redirectLoop: (host) => `The redirects go round in circles (${host}): correct the redirect rules`,
  tooManyRedirects: (limit) =>
    `More than ${limit} redirects in a row: correct them, or watch the final address`,
  redirectInvalid: (host) =>
    `${host} redirects to an address that is neither http:// nor https://: correct it`,
  keyword: (keyword) => `“${keyword}” is not in the page: check what it shows, or the word to be found there`,
  keywordNotInStart: (keyword) =>
    `“${keyword}” is not in the first MB of the page: choose a word that comes earlier`,
  encoding: (at, encoding) =>
    `The page of ${at} cannot be read (encoding ${encoding}): check the compression of its server`,
  unexpected: (at, code) => `The check of ${at} failed (${code}): it is tried again at the next run`,
};

export const monitorsEn: MonitorTexts = { ...availabilityEn, probe: probeEn };
