/** What the pricing batch and its settings tell. */
export interface PricingTexts {
  pricing: {
    disabled: string;
    tooEarly(hour: number): string;
    complete: string;
    quotaSpent(until: string): string;
    noQuery: string;
    floorAboveCeiling: string;
  };
  ebay: {
    busy(host: string): string;
    unavailable(host: string, status: number): string;
    unreachable(host: string, code: string): string;
    unanswered(host: string): string;
    notEbay(host: string, status: number): string;
    quota: string;
    credentials(detail: string): string;
    token: string;
    permission(detail: string): string;
    refused(detail: string): string;
  };
  settings: {
    unknown(keys: string[], known: string[]): string;
    numberBetween(min: number, max: number): string;
    schedule: string;
  };
}

const list = { fr: new Intl.ListFormat('fr'), en: new Intl.ListFormat('en') };

export const pricingFr: PricingTexts = {
  pricing: {
    disabled: 'Batch désactivé par le réglage batch_enabled : rien n’a été lancé',
    tooEarly: (hour) => `Le batch du jour commence à ${hour} h (réglage batch_hour) : rien n’a été lancé`,
    complete: 'Le batch du jour est déjà terminé : rien n’a été lancé (force=true le relance)',
    quotaSpent: (until) =>
      `Le quota eBay du jour est épuisé (réglage daily_api_limit, ou limite d’eBay) : le batch reprend à partir du ${until}`,
    noQuery: 'Cette carte n’a ni query ni category_id : donnez-lui l’un ou l’autre',
    floorAboveCeiling:
      'Le prix plancher (min_price_cents, ou cost_cents plus la marge min_margin_percent) dépasse max_price_cents : corrigez l’un ou l’autre, le prix reste tel quel',
  },
  ebay: {
    busy: (host) => `eBay (${host}) limite les requêtes : nouvel essai au prochain appel`,
    unavailable: (host, status) =>
      `eBay (${host}) n’est pas disponible pour l’instant (HTTP ${status}) : nouvel essai au prochain appel`,
    unreachable: (host, code) =>
      `eBay (${host}) est injoignable (${code}) : vérifiez le réseau et EBAY_API_URL ; nouvel essai au prochain appel`,
    unanswered: (host) => `eBay (${host}) n’a pas répondu en entier à temps : nouvel essai au prochain appel`,
    notEbay: (host, status) =>
      `${host} ne répond pas comme eBay (HTTP ${status}) : vérifiez EBAY_API_URL ; nouvel essai au prochain appel`,
    quota: 'eBay dit que le quota du jour est épuisé : le batch reprendra quand il sera renouvelé',
    credentials: (detail) =>
      `eBay refuse les clés : vérifiez EBAY_CLIENT_ID et EBAY_CLIENT_SECRET (${detail})`,
    token:
      'eBay refuse le jeton qu’il vient de donner : vérifiez EBAY_API_URL, EBAY_CLIENT_ID et EBAY_CLIENT_SECRET (production ou sandbox)',
    permission: (detail) =>
      `Ces clés n’ont pas le droit d’appeler l’API Browse d’eBay : demandez-le sur developer.ebay.com (${detail})`,
    refused: (detail) => `eBay refuse cette recherche : corrigez query, category_id ou condition (${detail})`,
  },
  settings: {
    unknown: (keys, known) => `Réglage inconnu : ${list.fr.format(keys)} (connus : ${known.join(', ')})`,
    numberBetween: (min, max) => `attendu un nombre de ${min} à ${max}, quatre décimales au plus`,
    schedule: 'attendu une expression cron, par exemple "0 3 * * *"',
  },
};

export const pricingEn: PricingTexts = {
  pricing: {
    disabled: 'Batch disabled by the setting batch_enabled: nothing was started',
    tooEarly: (hour) => `Today's batch begins at ${hour}:00 (setting batch_hour): nothing was started`,
    complete: 'Today’s batch is complete already: nothing was started (force=true runs it again)',
    quotaSpent: (until) =>
      `Today’s eBay quota is spent (setting daily_api_limit, or eBay’s own limit): the batch goes on from ${until}`,
    noQuery: 'This card has neither query nor category_id: give it one of them',
    floorAboveCeiling:
      'The lowest price (min_price_cents, or cost_cents plus the margin min_margin_percent) is above max_price_cents: correct one of them, the price stays as it is',
  },
  ebay: {
    busy: (host) => `eBay (${host}) limits the requests: the next call tries again`,
    unavailable: (host, status) =>
      `eBay (${host}) is not available for now (HTTP ${status}): the next call tries again`,
    unreachable: (host, code) =>
      `eBay (${host}) cannot be reached (${code}): check the network and EBAY_API_URL; the next call tries again`,
    unanswered: (host) => `eBay (${host}) did not answer in full in time: the next call tries again`,
    notEbay: (host, status) =>
      `${host} does not answer like eBay (HTTP ${status}): check EBAY_API_URL; the next call tries again`,
    quota: 'eBay says that the quota of the day is spent: the batch goes on when it is renewed',
    credentials: (detail) => `eBay refuses the keys: check EBAY_CLIENT_ID and EBAY_CLIENT_SECRET (${detail})`,
    token:
      'eBay refuses the token it has just given: check EBAY_API_URL, EBAY_CLIENT_ID and EBAY_CLIENT_SECRET (production or sandbox)',
    permission: (detail) =>
      `These keys may not call eBay’s Browse API: ask for it at developer.ebay.com (${detail})`,
    refused: (detail) => `eBay refuses this search: correct query, category_id or condition (${detail})`,
  },
  settings: {
    unknown: (keys, known) => `Unknown setting: ${list.en.format(keys)} (known: ${known.join(', ')})`,
    numberBetween: (min, max) => `expected a number from ${min} to ${max}, with four decimals at most`,
    schedule: 'expected a cron expression such as "0 3 * * *"',
  },
};
