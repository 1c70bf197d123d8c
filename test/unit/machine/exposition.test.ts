import { describe, expect, test } from 'vitest';
import { ExpositionError, readExposition } from '../../../src/machine/exposition.js';

const read = (text: string) =>
  [...readExposition(text)].map(({ name, labels, value }) => [name, Object.fromEntries(labels), value]);

describe('the text format of Prometheus', () => {
  test('is read as its documentation shows it', () => {
    const text = [
      '# HELP http_requests_total The total number of HTTP requests.',
      '# TYPE http_requests_total counter',
      'http_requests_total{method="post",code="200"} 1027 1395066363000',
      'http_requests_total{method="post",code="400"}    3 1395066363000',
      '',
      '# Escaping in label values:',
      String.raw`msdos_file_access_time_seconds{path="C:\\DIR\\FILE.TXT",error="Cannot find file:\n\"FILE.TXT\""} 1.458255915e9`,
      'metric_without_timestamp_and_labels 12.47',
      'something_weird{problem="division by zero"} +Inf -3982045',
      'http_request_duration_seconds_bucket{le="+Inf"} 144320',
      'trailing_comma{a="b",} NaN',
      '  indented\t{ a = "b" , c="d" }\t-0.5e-3  ',
    ].join('\n');
    expect(read(text)).toEqual([
      ['http_requests_total', { method: 'post', code: '200' }, 1027],
      ['http_requests_total', { method: 'post', code: '400' }, 3],
      [
        'msdos_file_access_time_seconds',
        { path: 'C:\\DIR\\FILE.TXT', error: 'Cannot find file:\n"FILE.TXT"' },
        1458255915,
      ],
      ['metric_without_timestamp_and_labels', {}, 12.47],
      ['something_weird', { problem: 'division by zero' }, Number.POSITIVE_INFINITY],
      ['http_request_duration_seconds_bucket', { le: '+Inf' }, 144320],
      ['trailing_comma', { a: 'b' }, Number.NaN],
      ['indented', { a: 'b', c: 'd' }, -0.0005],
    ]);
  });

  test('counts a series that comes twice once, whatever the order of its labels', () => {
    expect(read('a{x="1",y="2"} 1\na{y="2",x="1"} 5\na{x="1"} 7\nb 1\nb 2')).toEqual([
      ['a', { x: '1', y: '2' }, 1],
      ['a', { x: '1' }, 7],
      ['b', {}, 1],
    ]);
  });

  test.each([
    '<html>',
    'a',
    'a{',
    'a{x="1"',
    'a{x="1} 5',
    'a{x=1} 5',
    'a{x="1" y="2"} 5',
    'a{x="1",,y="2"} 5',
    String.raw`a{x="\t"} 5`,
    'a{x="1",x="2"} 5',
    'a 5 6 7',
    'a 0x',
    'a 1_000',
    'a five',
    '5a 5',
    'a-b 5',
    'a{x-y="1"} 5',
    'a 5 later',
  ])('is not %s', (line) => {
    const attempt = () => read(`ok 1\n${line}\nok 2`);
    expect(attempt).toThrow(ExpositionError);
    expect(attempt).toThrow('line 2');
  });

  test('reads a hundred thousand lines in a moment, hostile ones too', () => {
    const lines = Array.from({ length: 100_000 }, (_, n) => `node_x{a="${n}"} ${n}`);
    expect(read(lines.join('\n'))).toHaveLength(100_000);
    expect(() => read(`a{x="${'\\\\'.repeat(30_000)}`)).toThrow(ExpositionError);
    expect(() => read(`a{${'x="1",'.repeat(10_000)}`)).toThrow(ExpositionError);
  });

  test('is read by lines of 64 KB at most, and goes on after a longer one', () => {
    const long = 'y'.repeat(60_000);
    const longer = 'y'.repeat(15 * 1024 * 1024);
    expect(read(`a{x="${long}"} 1\nb{x="${longer}"} 2\n${longer}\nc 3`)).toEqual([
      ['a', { x: long }, 1],
      ['c', {}, 3],
    ]);
  });
});
