import ipaddr from 'ipaddr.js';

/** Where a target stands, as seen from this machine. */
export type Place = 'loopback' | 'private' | 'public';

/** That of the furthest of its addresses. */
export function placeOf(addresses: string[]): Place {
  const places = new Set(addresses.map((address) => NEAR[ipaddr.process(address).range()] ?? 'public'));
  if (places.has('public')) return 'public';
  return places.has('private') ? 'private' : 'loopback';
}

const NEAR: Record<string, Place> = {
  loopback: 'loopback',
  private: 'private',
  uniqueLocal: 'private',
  carrierGradeNat: 'private',
};
