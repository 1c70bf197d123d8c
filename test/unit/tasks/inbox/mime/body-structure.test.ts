import type { MessageStructureObject } from 'imapflow';
import { describe, expect, it } from 'vitest';
import { planParts } from '../../../../../src/tasks/inbox/mime/body-structure.js';

type Node = MessageStructureObject;
const leaf = (type: string, rest: Partial<Node> = {}): Node => ({
  type,
  encoding: '7bit',
  size: 100,
  ...rest,
});
const multipart = (subtype: string, ...childNodes: Node[]): Node => ({
  type: `multipart/${subtype}`,
  childNodes,
});
const file = (filename: string, rest: Partial<Node> = {}): Node =>
  leaf('application/pdf', { disposition: 'attachment', dispositionParameters: { filename }, ...rest });
const plain = leaf('text/plain');
const html = leaf('text/html');
const image = leaf('image/png', { disposition: 'inline' });

/** `1:text 2:html | 3:image/png` */
function outline(structure: Node | undefined): string {
  const { texts, attachments } = planParts(structure);
  const bodies = texts.map((text) => `${text.part}:${text.kind}`).join(' ');
  return `${bodies} | ${attachments.map((attachment) => `${attachment.part}:${attachment.type}`).join(' ')}`.trim();
}

describe('planParts', () => {
  it('numbers the only part of a plain message 1', () => {
    const node = leaf('text/plain', {
      parameters: { charset: 'koi8-r', format: 'Flowed', delsp: 'Yes' },
      encoding: 'Quoted-Printable',
    });
    expect(planParts(node)).toEqual({
      texts: [
        {
          part: '1',
          kind: 'text',
          encoding: 'quoted-printable',
          charset: 'koi8-r',
          sizeBytes: 100,
          flowed: true,
          delSp: true,
        },
      ],
      attachments: [],
    });
    expect(outline(leaf('application/pdf'))).toBe('| 1:application/pdf');
    expect(outline(undefined)).toBe('|');
  });

  it.each<[string, Node, string]>([
    ['plain and HTML of an alternative', multipart('alternative', plain, html), '1:text 2:html |'],
    [
      'an invitation',
      multipart('alternative', plain, html, leaf('text/calendar')),
      '1:text 2:html | 3:text/calendar',
    ],
    [
      'images inside the HTML',
      multipart('mixed', multipart('alternative', plain, multipart('related', html, image)), file('a.pdf')),
      '1.1:text 1.2.1:html | 1.2.2:image/png 2:application/pdf',
    ],
    [
      'an alternative inside a related',
      multipart('related', multipart('alternative', plain, html), image),
      '1.1:text 1.2:html | 2:image/png',
    ],
    ['a frame beside the HTML', multipart('related', html, image, html), '1:html | 2:image/png 3:text/html'],
    ['texts around a picture', multipart('mixed', plain, image, plain), '1:text 3:text | 2:image/png'],
    [
      'an Apple Mail alternative',
      multipart('alternative', plain, multipart('mixed', html, file('a.pdf'), html)),
      '1:text 2.1:html 2.3:html | 2.2:application/pdf',
    ],
    ['two HTML alternatives', multipart('alternative', html, plain, html), '2:text 3:html |'],
    [
      'a signed mail under a list footer',
      multipart('mixed', multipart('signed', plain, leaf('application/pgp-signature')), plain),
      '1.1:text 2:text | 1.2:application/pgp-signature',
    ],
    [
      'a bounce',
      multipart(
        'report',
        plain,
        leaf('message/delivery-status'),
        leaf('message/rfc822', { childNodes: [plain] }),
      ),
      '1:text | 2:message/delivery-status 3:message/rfc822',
    ],
    [
      'a forwarded mail',
      multipart('mixed', plain, leaf('message/rfc822', { childNodes: [multipart('mixed', plain, html)] })),
      '1:text | 2:message/rfc822',
    ],
    ['a forwarded mail alone', leaf('message/rfc822', { childNodes: [plain] }), '| 1:message/rfc822'],
    [
      'an attached text',
      multipart('mixed', plain, leaf('text/plain', { disposition: 'attachment' })),
      '1:text | 2:text/plain',
    ],
    [
      'a named text after the first text',
      multipart('mixed', plain, leaf('text/plain', { parameters: { name: 'log.txt' } })),
      '1:text | 2:text/plain',
    ],
    [
      'a named text that is the first',
      multipart('mixed', leaf('text/plain', { parameters: { name: 'body.txt' } }), image),
      '1:text | 2:image/png',
    ],
    [
      'a named text shown inline',
      multipart('mixed', plain, leaf('text/html', { disposition: 'inline', parameters: { name: 'x.html' } })),
      '1:text 2:html |',
    ],
    ['an empty multipart', multipart('mixed'), '|'],
  ])('finds the parts of %s', (_title, structure, expected) => {
    expect(outline(structure)).toBe(expected);
  });

  it.each<[string, Partial<Node>, string | null]>([
    [
      'the disposition',
      { dispositionParameters: { filename: 'a.pdf' }, parameters: { name: 'b.pdf' } },
      'a.pdf',
    ],
    ['the type', { parameters: { name: 'b.pdf' } }, 'b.pdf'],
    ['encoded words', { parameters: { name: '=?koi8-r?B?8NLJ18XU?=.doc' } }, 'Привет.doc'],
    ['RFC 2231', { dispositionParameters: { 'filename*': "iso-8859-1'fr'%E9t%E9.pdf" } }, 'été.pdf'],
    [
      'RFC 2231 pieces',
      {
        dispositionParameters: {
          'filename*0*': "utf-8''na%C3",
          'filename*1*': '%AFve',
          'filename*2': '.txt',
        },
      },
      'naïve.txt',
    ],
    [
      'RFC 2231 in a plain parameter',
      { dispositionParameters: { filename: "UTF-8''%E6%97%A5.pdf" } },
      '日.pdf',
    ],
    [
      'a name with quote marks',
      { dispositionParameters: { filename: "l'été d'Ana 100%.pdf" } },
      "l'été d'Ana 100%.pdf",
    ],
    ['bytes of an IMAP literal', { dispositionParameters: { filename: 'Ã©tÃ©.pdf' } }, 'été.pdf'],
    ['Latin letters', { dispositionParameters: { filename: 'été.pdf' } }, 'été.pdf'],
    ['a path', { dispositionParameters: { filename: '../../etc/passwd' } }, '.._.._etc_passwd'],
    [
      'controls and direction marks',
      { dispositionParameters: { filename: 'a\u0000b\r\n\u202egpj.exe' } },
      'a_b_gpj.exe',
    ],
    ['a long name', { dispositionParameters: { filename: 'é'.repeat(300) } }, 'é'.repeat(255)],
    ['a lone surrogate', { dispositionParameters: { filename: 'a\ud800' } }, 'a\ufffd'],
    ['no name', {}, null],
    ['an empty name', { dispositionParameters: { filename: '  ' } }, null],
  ])('names an attachment after %s', (_title, rest, name) => {
    expect(planParts(leaf('application/x', rest)).attachments[0]?.name).toBe(name);
  });

  it('gives the decoded size of attachments and the sent size of texts', () => {
    const lines = Buffer.alloc(57 * 100)
      .toString('base64')
      .replace(/.{76}/g, '$&\r\n');
    const sized = (encoding: string, size: number) =>
      planParts(file('a', { encoding, size })).attachments[0]?.sizeBytes;
    expect(sized('base64', lines.length)).toBe(5_700);
    expect(sized('BASE64', 4)).toBe(3);
    expect(sized('7bit', 100)).toBe(100);
    expect(sized('7bit', Number.NaN)).toBe(0);
    expect(sized('7bit', -5)).toBe(0);
    expect(planParts(leaf('text/plain', { encoding: 'base64', size: 78 })).texts[0]?.sizeBytes).toBe(78);
  });

  it('lets no strange part number into an IMAP command', () => {
    const node = multipart(
      'mixed',
      leaf('text/plain', { part: '1] NIL\r\nA1 LOGOUT' }),
      leaf('text/html', { part: '7.2' }),
    );
    expect(outline(node)).toBe('1:text 7.2:html |');
  });

  it('reads hostile structures up to its caps', () => {
    let deep: Node = plain;
    for (let n = 0; n < 10_000; n++) deep = multipart('mixed', deep);
    expect(outline(deep)).toBe('|');
    const wide = multipart('mixed', ...Array.from({ length: 100_000 }, () => image));
    expect(planParts(wide).attachments.length).toBe(499);
    const cyclic = multipart('mixed', plain);
    cyclic.childNodes?.push(cyclic, cyclic);
    expect(planParts(cyclic).texts.length).toBeLessThan(500);
  });

  it.each<[unknown]>([
    [null],
    ['text/plain'],
    [{}],
    [{ type: 7, size: 'x', encoding: {}, parameters: [], part: {} }],
    [
      {
        type: 'text/plain',
        parameters: { charset: 5, name: {} },
        dispositionParameters: 'x',
        disposition: 9,
      },
    ],
    [{ type: 'multipart/mixed', childNodes: [null, 3, 'x', [], { childNodes: 'no' }] }],
    [{ type: 'multipart/alternative', childNodes: {} }],
    [{ type: '/' }],
  ])('reads the malformed structure %j', (structure) => {
    const plan = planParts(structure as Node);
    expect(Array.isArray(plan.texts) && Array.isArray(plan.attachments)).toBe(true);
  });
});
