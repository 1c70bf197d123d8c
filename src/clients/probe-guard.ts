import { BlockList, isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Names by which clouds serve the credentials of a machine to whoever runs on it. */
const REFUSED_NAMES = [
  'metadata',
  'metadata.google.internal',
  'metadata.goog',
  'metadata.azure.internal',
  'instance-data',
  'instance-data.ec2.internal',
];

/** @param host in lower case */
export function isRefusedName(host: string): boolean {
  const name = host.replace(/\.$/, '');
  return REFUSED_NAMES.some((refused) => name === refused || name.endsWith(`.${refused}`));
}

/**
 * True for link-local and cloud-metadata addresses, and for those that are no single machine's; private ones are
 * watched. An IPv6 address that carries an IPv4 one is as good as that.
 */
export function isRefusedAddress(address: string): boolean {
  if (!isIPv6(address)) return REFUSED.check(address, 'ipv4');
  const [bare = ''] = address.split('%');
  if (REFUSED.check(bare, 'ipv6')) return true;
  return bare !== '::1' && carriedIpv4(bare).some((carried) => REFUSED.check(carried, 'ipv4'));
}

const REFUSED = new BlockList();
for (const [network, bits] of [
  ['0.0.0.0', 8], // this machine, whatever is asked
  ['169.254.0.0', 16],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const)
  REFUSED.addSubnet(network, bits, 'ipv4');
// Alibaba Cloud, Azure, Oracle Cloud.
for (const address of ['100.100.100.200', '168.63.129.16', '192.0.0.192'])
  REFUSED.addAddress(address, 'ipv4');
for (const [network, bits] of [
  ['fe80::', 10],
  ['ff00::', 8],
  ['fd00:ec2::', 32], // Amazon
] as const)
  REFUSED.addSubnet(network, bits, 'ipv6');
// Unspecified, Google, Scaleway, Oracle Cloud.
for (const address of ['::', 'fd20:ce::254', 'fd00:42::42', 'fd00:c1::a9fe:a9fe'])
  REFUSED.addAddress(address, 'ipv6');

/** By prefix, in bits, where the IPv4 address begins, in bytes. */
const CARRIERS = [
  ['::', 96, 12],
  ['::ffff:0:0', 96, 12],
  ['::ffff:0:0:0', 96, 12],
  ['64:ff9b::', 96, 12],
  ['64:ff9b:1::', 48, 12],
  ['2002::', 16, 2],
] as const;

function carriedIpv4(address: string): string[] {
  const parsed = ipaddr.IPv6.parse(address);
  const bytes = parsed.toByteArray();
  const at = (from: number) => bytes.slice(from, from + 4);
  const found = CARRIERS.filter(([prefix, bits]) => parsed.match(ipaddr.IPv6.parse(prefix), bits)).map(
    ([, , from]) => at(from),
  );
  // Teredo hides it (RFC 4380), ISATAP announces it (RFC 5214).
  if (parsed.match(ipaddr.IPv6.parse('2001::'), 32)) found.push(at(12).map((byte) => byte ^ 0xff));
  const [flag = 1, ...mark] = bytes.slice(8, 12);
  if ([0, 2].includes(flag) && mark.join() === '0,94,254') found.push(at(12));
  return found.map((four) => four.join('.'));
}
