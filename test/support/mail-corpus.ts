import iconv from 'iconv-lite';
import {
  encodedWord,
  filePart,
  htmlPart,
  type MimePart,
  multipart,
  samplePdf,
  samplePng,
  textPart,
  transferEncode,
} from '../../src/dev/sample/mail-writer.js';

export interface CorpusMail {
  raw: Buffer;
  /** Names the case in a failed assertion: `mixed`, `nul-byte` … */
  kind: string;
  expected: {
    subject: string | null;
    /** Lines end with \n; without the last line break. */
    text: string | null;
    html: string | null;
    /** The bare address. */
    from: string | null;
    /** With its angle brackets. */
    messageId: string | null;
    /** Every leaf but the text and html of the mail itself; a forwarded mail is one leaf. */
    attachments: { name: string | null; type: string }[];
  };
}

/** The same mails for the same seed, one in five of them broken. */
export function* generateMails(count: number, seed: number): Generator<CorpusMail> {
  const random = mulberry32(seed);
  const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)] as T;
  let thread: { id: string; subject: string }[] = [];
  for (let index = 0; index < count; index++) {
    const id = `<${seed}.${index}@corpus.example>`;
    const sample = pick(CHARSETS);
    if (thread.length > 5 || random() < 0.6) thread = [];
    const subject = thread[0] ? `Re: ${thread[0].subject}` : pick(sample.subjects);
    const draft: Draft = {
      id,
      index,
      subject,
      sample: thread[0] ? UTF8 : sample,
      from: `expediteur${index % 50}@corpus.example`,
      references: thread.map((mail) => mail.id),
      encoding: pick(sample.encodings),
      date: new Date(Date.UTC(2021, 0, 1) + index * 3_600_000).toUTCString().replace('GMT', '+0000'),
    };
    const build = index < STRUCTURES.length + BROKEN.length ? everyKindOnce(index) : pick(KINDS);
    yield build(draft);
    thread.push({ id, subject: thread[0]?.subject ?? subject });
  }
}

const everyKindOnce = (index: number): Builder => [...STRUCTURES, ...BROKEN][index] as Builder;

interface CharsetSample {
  charset: string;
  subjects: string[];
  text: string;
  encodings: ('7bit' | '8bit' | 'quoted-printable' | 'base64')[];
  encode: (text: string) => Buffer;
}

interface Draft {
  id: string;
  index: number;
  subject: string;
  sample: CharsetSample;
  from: string;
  references: string[];
  encoding: CharsetSample['encodings'][number];
  date: string;
}

type Builder = (draft: Draft) => CorpusMail;

const ANY: CharsetSample['encodings'] = ['8bit', 'quoted-printable', 'base64'];

function charsetSample(charset: string, text: string, subjects: string[], encodings = ANY): CharsetSample {
  return { charset, text, subjects, encodings, encode: (value) => iconv.encode(value, charset) };
}

const UTF8 = charsetSample('utf-8', 'Bonjour à tous,\nl’été 🌞 arrive, = et . en début de ligne :\n.\nFin.', [
  'Réunion de l’équipe 🎯',
  '日本語の件名',
  'Très longue ligne d’objet qui doit être pliée en plusieurs mots encodés, car elle dépasse 76 caractères',
]);

// iconv-lite has no ISO-2022-JP; only these two are written in it.
const ISO_2022_JP: Record<string, string> = {
  こんにちは: '\x1b$B$3$s$K$A$O\x1b(B',
  'Hello JIS': 'Hello JIS',
};

const CHARSETS: CharsetSample[] = [
  UTF8,
  UTF8,
  charsetSample(
    'us-ascii',
    'Plain words only.\n\n-- \nSignature',
    ['Plain subject', 'Re: [list] (no) "quotes" \\'],
    ['7bit'],
  ),
  charsetSample('iso-8859-1', "Où est passé l'été ?\nÀ bientôt", ['Été à Nîmes', 'Facture no 12']),
  charsetSample('iso-8859-15', "Prix : 12 €, l'œuvre est là", ['Devis à 100 €']),
  charsetSample('windows-1252', '“Guillemets” – 5 € – l’œuf…', ['L’œuvre à 5 €']),
  charsetSample('koi8-r', 'Привет!\nЭто письмо о столе.', ['Привет из Москвы']),
  charsetSample('shift_jis', 'こんにちは、世界。\n見積書を送ります。', ['見積書の件']),
  charsetSample('gb18030', '你好,世界。\n请查收附件。', ['报价单']),
  charsetSample('big5', '你好,世界。\n請查收附件。', ['報價單']),
  charsetSample('euc-kr', '안녕하세요.\n견적서를 보냅니다.', ['견적서']),
  charsetSample('utf-16', 'UTF-16 avec été et 世界', ['UTF-16'], ['base64']),
  {
    ...charsetSample('iso-2022-jp', 'こんにちは', ['こんにちは'], ['7bit', 'base64']),
    encode: (value) => Buffer.from(ISO_2022_JP[value] ?? value, 'latin1'),
  },
];

function bodyText(draft: Draft): MimePart {
  const { sample, encoding } = draft;
  return {
    headers: [
      `Content-Type: text/plain; charset=${sample.charset}`,
      `Content-Transfer-Encoding: ${encoding}`,
    ],
    body: transferEncode(sample.encode(sample.text.replaceAll('\n', '\r\n')), encoding),
  };
}

function subjectHeader({ subject, sample }: Draft): string {
  if (/^[\x20-\x7e]*$/.test(subject)) return subject;
  if (sample.charset === 'iso-2022-jp')
    return `=?iso-2022-jp?B?${sample.encode(subject).toString('base64')}?=`;
  return encodedWord(subject, sample.charset, subject.length % 2 ? 'B' : 'Q');
}

interface Overrides {
  subject?: string | Buffer | null;
  from?: string | null;
  messageId?: null;
  date?: string;
}

function compose(draft: Draft, body: MimePart, overrides: Overrides = {}): Buffer {
  const line = (name: string, value: string | Buffer | null) =>
    value === null
      ? []
      : [Buffer.concat([Buffer.from(`${name}: `), Buffer.from(value), Buffer.from('\r\n')])];
  const { subject = subjectHeader(draft), from = `${encodedWord('Expéditeur Zoé')} <${draft.from}>` } =
    overrides;
  const { references } = draft;
  return Buffer.concat([
    ...line('Date', overrides.date ?? draft.date),
    ...line('From', from),
    ...line('To', 'Destinataire <lecteur@corpus.example>'),
    ...line('Subject', subject),
    ...line('Message-ID', overrides.messageId === null ? null : draft.id),
    ...line('In-Reply-To', references.at(-1) ?? null),
    ...line('References', references.length ? references.join('\r\n ') : null),
    ...line('MIME-Version', '1.0'),
    Buffer.from(`${body.headers.join('\r\n')}\r\n\r\n`),
    body.body,
    Buffer.from('\r\n'),
  ]);
}

function corpusMail(
  kind: string,
  draft: Draft,
  body: MimePart,
  expected: Partial<CorpusMail['expected']>,
  overrides?: Overrides,
): CorpusMail {
  return {
    kind,
    raw: compose(draft, body, overrides),
    expected: {
      subject: draft.subject,
      text: null,
      html: null,
      from: draft.from,
      messageId: overrides?.messageId === null ? null : draft.id,
      attachments: [],
      ...expected,
    },
  };
}

const HTML = '<html><body><p>Été &amp; <b>gras</b> 🌞</p></body></html>';
const boundary = (draft: Draft, level = 0) => `=_b${draft.index}.${level}`;
const pdf = () => filePart('Facture été.pdf', 'application/pdf', samplePdf('Facture'));
const picture = (contentId?: string) =>
  filePart('image.png', 'image/png', samplePng(8, [200, 30, 30]), contentId);
const PDF = { name: 'Facture été.pdf', type: 'application/pdf' };
const PICTURE = { name: 'image.png', type: 'image/png' };

const alternative = (draft: Draft) =>
  multipart('alternative', boundary(draft, 1), [bodyText(draft), htmlPart(HTML)]);

const STRUCTURES: Builder[] = [
  (draft) => corpusMail('plain', draft, bodyText(draft), { text: draft.sample.text }),
  (draft) => corpusMail('html', draft, htmlPart(HTML, 'utf-8', 'base64'), { html: HTML }),
  (draft) => corpusMail('alternative', draft, alternative(draft), { text: draft.sample.text, html: HTML }),
  (draft) =>
    corpusMail('mixed', draft, multipart('mixed', boundary(draft), [bodyText(draft), pdf(), picture()]), {
      text: draft.sample.text,
      attachments: [PDF, PICTURE],
    }),
  (draft) => {
    const html = '<p>Logo <img src="cid:logo@corpus"></p>';
    const body = multipart('related', boundary(draft), [htmlPart(html), picture('logo@corpus')]);
    return corpusMail('related', draft, body, { html, attachments: [PICTURE] });
  },
  (draft) => {
    const related = multipart('related', boundary(draft, 2), [alternative(draft), picture('logo@corpus')]);
    const body = multipart('mixed', boundary(draft), [related, pdf()]);
    return corpusMail('nested', draft, body, {
      text: draft.sample.text,
      html: HTML,
      attachments: [PICTURE, PDF],
    });
  },
  (draft) => {
    const signature = filePart('smime.p7s', 'application/pkcs7-signature', Buffer.from('not a signature'));
    const parameters = '; micalg=sha-256; protocol="application/pkcs7-signature"';
    const body = multipart('signed', boundary(draft), [bodyText(draft), signature], parameters);
    const attachments = [{ name: 'smime.p7s', type: 'application/pkcs7-signature' }];
    return corpusMail('signed', draft, body, { text: draft.sample.text, attachments });
  },
  (draft) => {
    const inner =
      'From: interne@corpus.example\r\nSubject: =?utf-8?B?w6l0w6k=?=\r\n\r\nTexte du mail transmis.\r\n';
    const forwarded = { headers: ['Content-Type: message/rfc822'], body: Buffer.from(inner) };
    return corpusMail('forwarded', draft, multipart('mixed', boundary(draft), [bodyText(draft), forwarded]), {
      text: draft.sample.text,
      attachments: [{ name: null, type: 'message/rfc822' }],
    });
  },
  (draft) => {
    const event = 'BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n';
    const calendar = filePart('invite.ics', 'text/calendar', Buffer.from(event));
    return corpusMail(
      'calendar',
      draft,
      multipart('mixed', boundary(draft), [alternative(draft), calendar]),
      {
        text: draft.sample.text,
        html: HTML,
        attachments: [{ name: 'invite.ics', type: 'text/calendar' }],
      },
    );
  },
];

const rawText = (body: string | Buffer, type = 'text/plain; charset=utf-8'): MimePart => ({
  headers: [`Content-Type: ${type}`, 'Content-Transfer-Encoding: 8bit'],
  body: Buffer.from(body),
});

const LONG = 'mot '.repeat(3_000).trim();

const BROKEN: Builder[] = [
  (draft) =>
    corpusMail('no-message-id', draft, bodyText(draft), { text: draft.sample.text }, { messageId: null }),
  // PostgreSQL refuses NUL, and Dovecot sends the byte 0x80 in its place, which is no ASCII either.
  (draft) =>
    corpusMail('nul-byte', draft, rawText('avant\0apr\0s', 'text/plain; charset=us-ascii'), {
      text: 'avant\ufffdapr\ufffds',
    }),
  (draft) =>
    corpusMail('unknown-charset', draft, rawText('Simple text', 'text/plain; charset=x-inconnu'), {
      text: 'Simple text',
    }),
  // Labelled ASCII, and UTF-8 in fact.
  (draft) =>
    corpusMail('wrong-charset', draft, rawText('déjà vu', 'text/plain; charset=us-ascii'), {
      text: 'déjà vu',
    }),
  (draft) =>
    corpusMail('no-boundary', draft, rawText('Sans limite', 'multipart/mixed'), { text: 'Sans limite' }),
  (draft) => {
    const inner = '--ouvert\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nJamais fermé';
    return corpusMail('unterminated', draft, rawText(inner, 'multipart/mixed; boundary=ouvert'), {
      text: 'Jamais fermé',
    });
  },
  (draft) => {
    const date = 'Thu, 01 Jan 1970 00:00:00 +0000';
    return corpusMail('date-1970', draft, bodyText(draft), { text: draft.sample.text }, { date });
  },
  (draft) =>
    corpusMail(
      'invalid-date',
      draft,
      bodyText(draft),
      { text: draft.sample.text },
      { date: 'Mardi 45 brumaire 25:61' },
    ),
  (draft) => corpusMail('lone-cr', draft, rawText('un\rdeux\r\ntrois'), { text: 'un\ndeux\ntrois' }),
  (draft) => corpusMail('long-line', draft, rawText(LONG), { text: LONG }),
  (draft) =>
    corpusMail(
      'long-subject',
      draft,
      bodyText(draft),
      { subject: LONG, text: draft.sample.text },
      { subject: LONG },
    ),
  (draft) => {
    const overrides = { subject: Buffer.from('Été brut €'), from: `Zoé Brut <${draft.from}>` };
    return corpusMail(
      'raw-utf8-headers',
      draft,
      bodyText(draft),
      { subject: 'Été brut €', text: draft.sample.text },
      overrides,
    );
  },
  (draft) => {
    const overrides = { subject: Buffer.from('Été brut', 'latin1') };
    return corpusMail(
      'raw-latin1-headers',
      draft,
      bodyText(draft),
      { subject: 'Été brut', text: draft.sample.text },
      overrides,
    );
  },
  (draft) => {
    const overrides = { from: 'pas une adresse' };
    return corpusMail(
      'no-address',
      draft,
      bodyText(draft),
      { from: null, text: draft.sample.text },
      overrides,
    );
  },
  // The first byte of a mail is enough for servers to keep it; an empty file is not always.
  (draft) => ({
    ...corpusMail('empty', draft, rawText(''), { subject: null, from: null, messageId: null }),
    raw: Buffer.from('\r\n'),
  }),
  (draft) => ({
    ...corpusMail('headers-only', draft, rawText(''), {}),
    raw: Buffer.from(
      `From: ${draft.from}\r\nSubject: ${subjectHeader(draft)}\r\nMessage-ID: ${draft.id}\r\n`,
    ),
  }),
];

const KINDS: Builder[] = [...Array.from({ length: 7 }, () => STRUCTURES).flat(), ...BROKEN];

/** About this size on the wire, in attachments of at most 10 MB. */
export function largeMail(sizeBytes: number): Buffer {
  const attachments: MimePart[] = [];
  let left = Math.max(sizeBytes - 1_000, 1_000);
  for (let index = 1; left > 0; index++) {
    const encoded = Math.min(left, 10_000_000);
    const content = pseudoRandomBytes(Math.floor((encoded * 76) / 78 / 4) * 3, index);
    attachments.push(filePart(`archive-${index}.bin`, 'application/octet-stream', content));
    left -= encoded;
  }
  const body = multipart('mixed', '=_grand', [textPart('Un très gros mail.'), ...attachments]);
  return compose(plainDraft(0, 'Un gros mail'), body);
}

/** For benchmarks: one mail in three carries 100 KB of base64. */
export function* benchMails(count: number): Generator<Buffer> {
  const attached = filePart('releve.pdf', 'application/pdf', pseudoRandomBytes(76_000, 1));
  for (let index = 0; index < count; index++) {
    const draft = plainDraft(index, `Message de mesure ${index}`);
    const text = textPart(
      `Bonjour,\n\nvoici le message ${index}.\n${'Une ligne de texte ordinaire, accentuée.\n'.repeat(20)}`,
    );
    const parts = [text, htmlPart(`<p>Bonjour, voici le message ${index}.</p>`)];
    const body = multipart('alternative', '=_mesure', parts);
    yield compose(draft, index % 3 === 0 ? multipart('mixed', '=_joint', [body, attached]) : body);
  }
}

function plainDraft(index: number, subject: string): Draft {
  return {
    id: `<bench.${index}@corpus.example>`,
    index,
    subject,
    sample: UTF8,
    from: `expediteur${index % 50}@corpus.example`,
    references: index % 4 === 0 ? [] : [`<bench.${index - (index % 4)}@corpus.example>`],
    encoding: 'quoted-printable',
    date: new Date(Date.UTC(2021, 0, 1) + index * 60_000).toUTCString().replace('GMT', '+0000'),
  };
}

function pseudoRandomBytes(length: number, seed: number): Buffer {
  const random = mulberry32(seed);
  const bytes = Buffer.alloc(length);
  for (let offset = 0; offset + 4 <= length; offset += 4)
    bytes.writeUInt32LE((random() * 2 ** 32) >>> 0, offset);
  return bytes;
}

function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
