import { expect, test } from 'vitest';
import { isRefusedAddress, isRefusedName } from '../../../src/clients/probe-guard.js';

test.for([
  '169.254.169.254',
  '169.254.0.1',
  '100.100.100.200',
  '168.63.129.16',
  '192.0.0.192',
  '0.0.0.0',
  '0.1.2.3',
  '224.0.0.1',
  '239.255.255.250',
  '255.255.255.255',
  '::',
  'fe80::1',
  'fe80::1%eth0',
  'febf:ffff::1',
  'ff02::1',
  'fd00:ec2::254',
  'FD00:0EC2:0:0:0:0:0:254',
  'fd20:ce::254',
  'fd00:42::42',
  '::ffff:169.254.169.254',
  '::ffff:a9fe:a9fe',
  '::ffff:0:169.254.169.254',
  '::169.254.169.254',
  '64:ff9b::a9fe:a9fe',
  '64:ff9b:1::a9fe:a9fe',
  '2002:a9fe:a9fe::1',
  '2001:0:1:2:3:4:5601:5601',
  '2001:db8::5efe:a9fe:a9fe',
  '2001:db8::200:5efe:a9fe:a9fe',
  '::ffff:0.0.0.0',
])('%s is never contacted', (address) => {
  expect(isRefusedAddress(address)).toBe(true);
});

test.for([
  '127.0.0.1',
  '::1',
  '10.0.0.1',
  '172.16.0.1',
  '192.168.1.1',
  '100.64.0.1',
  '100.100.100.201',
  '169.253.255.255',
  '169.255.0.1',
  '93.184.216.34',
  'fd12:3456::1',
  'fec0::1',
  '2606:4700::1111',
  '::ffff:10.0.0.1',
  '64:ff9b::5db8:d822',
  '2002:5db8:d822::1',
])('%s may be watched: teams watch what is inside too', (address) => {
  expect(isRefusedAddress(address)).toBe(false);
});

test('the names by which clouds serve credentials are refused, names like them are not', () => {
  const names = ['metadata.google.internal', 'metadata.google.internal.', 'metadata.goog', 'x.metadata.goog'];
  expect([...names, 'instance-data', 'instance-data.ec2.internal'].map(isRefusedName)).not.toContain(false);
  expect(
    ['mymetadata.goog', 'metadata.google.internal.example', 'localhost'].map(isRefusedName),
  ).not.toContain(true);
});
