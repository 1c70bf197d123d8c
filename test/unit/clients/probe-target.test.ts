import { expect, test } from 'vitest';
import { targetProblem } from '../../../src/clients/probe.js';
import { tcpEndpoint } from '../../../src/clients/probe-target.js';
import { en } from '../../../src/locales/en.js';

const problem = (kind: 'http' | 'tcp', target: string) => targetProblem(kind, target)?.(en);

test('addresses of pages and of ports are taken, names of any script and inner ones too', () => {
  const pages = [
    'https://example.com/a?b=c',
    'http://localhost:3000',
    'HTTPS://anna:word@exämple.fr/',
    'http://[::1]:80/',
    'http://10.0.0.1',
  ];
  expect(pages.map((target) => problem('http', target))).toEqual(pages.map(() => undefined));
  const ports = ['db.example.com:5432', '[::1]:22', '10.0.0.1:6379', 'exämple.fr:25', 'redis:6379'];
  expect(ports.map((target) => problem('tcp', target))).toEqual(ports.map(() => undefined));
});

test.for([
  '',
  'example.com',
  'ftp://example.com',
  'file:///etc/passwd',
  'https://',
  'http://a b/',
  'http://1.2.3.256/',
  'http:example.com',
  'http://a:0/',
  'http://a:99999/',
  'javascript:alert(1)',
])('“%s” is no page that can be watched', (target) => {
  expect(problem('http', target)).toMatch(/^must be an http:\/\/ or https:\/\/ address/);
});

test.for([
  '',
  'example.com',
  ':80',
  'example.com:0',
  'example.com:65536',
  '::1:80',
  'http://a:80',
  'a/b:80',
  'a@b:80',
  'a b:80',
  '[::1]',
  '[nonsense]:80',
  '[1.2.3.4]:80',
  '1.2.3.256:80',
])('“%s” is no port that can be watched', (target) => {
  expect(problem('tcp', target)).toMatch(/^must be host:port/);
});

test.for([
  '169.254.169.254',
  '0xA9FEA9FE',
  '2852039166',
  '0251.0376.0251.0376',
  '169.254.43518',
  '１６９.254.169.254',
  '[::ffff:169.254.169.254]',
  '[fe80::1]',
  '0',
  '[::]',
  '169.254.169.254.',
  'Metadata.Google.Internal',
  'metadata.google.internal.',
])('%s is refused however it is written', (host) => {
  expect(problem('http', `http://${host}/`)).toContain('never contacted');
  expect(problem('tcp', `${host}:80`)).toContain('never contacted');
});

test('an endpoint is told as people write it', () => {
  expect(tcpEndpoint('exämple.fr:25')).toEqual({ host: 'xn--exmple-cua.fr', port: 25, at: 'exämple.fr:25' });
  expect(tcpEndpoint('[::1]:22')).toEqual({ host: '::1', port: 22, at: '[::1]:22' });
});
