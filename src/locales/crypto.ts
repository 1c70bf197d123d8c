import type { NoticeText } from './reminders.js';

/** What `crypto-prices` and Binance have to say. */
export interface CryptoTexts {
  binance: {
    busy(host: string): string;
    banned(host: string): string;
    region(host: string): string;
    firewall(host: string): string;
    unavailable(host: string, status: number): string;
    unreachable(host: string, code: string): string;
    unanswered(host: string): string;
    nothingTraded(host: string): string;
    notBinance(host: string, status: number): string;
    refused(detail: string): string;
  };
  crypto: {
    pausedUntil(time: string): string;
    noCallBefore(why: string, time: string): string;
    notTraded: string;
    noRate(pair: string): string;
    /** The rate that the price is crossed with was refused itself. */
    rateRefused(pair: string): string;
    notPositive(pair: string, given: string): string;
    unreadable(pair: string, given: string): string;
    absurd(pair: string, given: string, old: string): string;
    disabled(coin: { symbol: string; name: string; why: string }): NoticeText;
  };
}

export const cryptoFr: CryptoTexts = {
  binance: {
    busy: (host) => `Binance (${host}) limite les requêtes`,
    banned: (host) => `Binance (${host}) a banni l’adresse IP de ce serveur pour excès de requêtes`,
    region: (host) =>
      `Binance (${host}) ne sert pas le pays de ce serveur (HTTP 451) : laissez BINANCE_API_URL vide (data-api.binance.vision), ou hébergez le service ailleurs`,
    firewall: (host) =>
      `Le pare-feu de Binance (${host}) refuse ce serveur (HTTP 403) : nouvel essai au prochain appel ; si cela dure, changez BINANCE_API_URL`,
    unavailable: (host, status) =>
      `Binance (${host}) n’est pas disponible pour l’instant (HTTP ${status}) : les anciens prix sont gardés, nouvel essai au prochain appel`,
    unreachable: (host, code) =>
      `Binance (${host}) est injoignable (${code}) : vérifiez le réseau et BINANCE_API_URL ; les anciens prix sont gardés`,
    unanswered: (host) =>
      `Binance (${host}) n’a pas répondu en entier à temps : les anciens prix sont gardés, nouvel essai au prochain appel`,
    nothingTraded: (host) =>
      `Binance (${host}) ne donne aucun cours pour l’instant (maintenance ?) : les anciens prix sont gardés, nouvel essai au prochain appel`,
    notBinance: (host, status) =>
      `${host} ne répond pas comme Binance (HTTP ${status}) : vérifiez BINANCE_API_URL ; les anciens prix sont gardés`,
    refused: (detail) => `Binance refuse la demande (${detail}) : vérifiez BINANCE_API_URL`,
  },
  crypto: {
    pausedUntil: (time) => `Binance ne veut pas d’appel avant le ${time} : aucun n’a été fait`,
    noCallBefore: (why, time) =>
      `${why} : les anciens prix sont gardés, aucun appel ne sera fait avant le ${time}`,
    notTraded: 'Binance ne l’échange contre ni EUR, ni USDT, ni BTC : l’ancien prix est gardé',
    noRate: (pair) => `Binance ne donne pas le cours ${pair} : l’ancien prix est gardé`,
    rateRefused: (pair) =>
      `le cours ${pair}, par lequel son prix serait converti, est invraisemblable : l’ancien prix est gardé`,
    notPositive: (pair, given) => `Binance donne ${given} pour ${pair} : l’ancien prix est gardé`,
    unreadable: (pair, given) =>
      `Binance ne donne pas de nombre utilisable pour ${pair} (« ${given} ») : l’ancien prix est gardé`,
    absurd: (pair, given, old) =>
      `${pair} donne ${given} €, à plus de dix fois les ${old} € d’il y a moins de 6 heures (en plus ou en moins) : l’ancien prix est gardé`,
    disabled: ({ symbol, name, why }) => ({
      title: `${name} (${symbol}) n’est plus suivie`,
      body: `Depuis une semaine, ${name} (${symbol}) n’a pas reçu de nouveau prix, et son suivi est désactivé. ${why}. Pour la suivre à nouveau quand Binance l’échangera : enabled = true dans crypto_assets.`,
    }),
  },
};

export const cryptoEn: CryptoTexts = {
  binance: {
    busy: (host) => `Binance (${host}) limits the requests`,
    banned: (host) => `Binance (${host}) has banned the IP address of this server for too many requests`,
    region: (host) =>
      `Binance (${host}) does not serve the country of this server (HTTP 451): leave BINANCE_API_URL empty (data-api.binance.vision), or host the service elsewhere`,
    firewall: (host) =>
      `The firewall of Binance (${host}) refuses this server (HTTP 403): the next call tries again; if it lasts, change BINANCE_API_URL`,
    unavailable: (host, status) =>
      `Binance (${host}) is not available for now (HTTP ${status}): the old prices stay, the next call tries again`,
    unreachable: (host, code) =>
      `Binance (${host}) cannot be reached (${code}): check the network and BINANCE_API_URL; the old prices stay`,
    unanswered: (host) =>
      `Binance (${host}) did not answer whole in time: the old prices stay, the next call tries again`,
    nothingTraded: (host) =>
      `Binance (${host}) gives no prices for now (maintenance?): the old prices stay, the next call tries again`,
    notBinance: (host, status) =>
      `${host} does not answer like Binance (HTTP ${status}): check BINANCE_API_URL; the old prices stay`,
    refused: (detail) => `Binance refuses the request (${detail}): check BINANCE_API_URL`,
  },
  crypto: {
    pausedUntil: (time) => `Binance wants no calls before ${time}: none was made`,
    noCallBefore: (why, time) => `${why}: the old prices stay, no call will be made before ${time}`,
    notTraded: 'Binance trades it with neither EUR, nor USDT, nor BTC: the old price stays',
    noRate: (pair) => `Binance does not give the rate ${pair}: the old price stays`,
    rateRefused: (pair) =>
      `the rate ${pair}, which its price would be crossed with, is absurd: the old price stays`,
    notPositive: (pair, given) => `Binance gives ${given} for ${pair}: the old price stays`,
    unreadable: (pair, given) =>
      `Binance gives no usable number for ${pair} ("${given}"): the old price stays`,
    absurd: (pair, given, old) =>
      `${pair} makes ${given} €, more than ten times off the ${old} € of less than 6 hours ago: the old price stays`,
    disabled: ({ symbol, name, why }) => ({
      title: `${name} (${symbol}) is no longer tracked`,
      body: `For a week ${name} (${symbol}) has had no new price, and it is disabled now. ${why}. To track it again once Binance trades it: enabled = true in crypto_assets.`,
    }),
  },
};
