import { crc32, deflateSync } from 'node:zlib';
import iconv from 'iconv-lite';
import type { SampleFolder, SampleMail } from './imap-server.js';

/** Constant, so that the mails and their UIDVALIDITY are the same at each start. */
export const SAMPLE_NOW = new Date('2026-11-20T10:00:00Z');

const US = 'Atelier Moreau <contact@atelier-moreau.example>';
const DURAND = 'Hélène Durand <helene.durand@durand-fils.example>';
const LEFEVRE = 'Claire Lefèvre <c.lefevre@cabinet-lefevre.example>';
const BENALI = 'Karim Benali <karim.benali@architectes-benali.example>';
const GARNIER = 'Jean-François Garnier <jf.garnier@courriel.example>';
const BOIS = 'Scierie Bois & Cie <commandes@bois-et-cie.example>';
const PETIT = 'Mairie de Saint-Cœur <travaux@saint-coeur.example>';

/** What a small joinery finds in its mailboxes; the mails of the last three folders are not to be synced. */
export function sampleFolders(now: Date = SAMPLE_NOW): SampleFolder[] {
  const mails = (sources: SampleSource[]): SampleMail[] =>
    sources
      .map((source) => sampleMail(source, now))
      .sort((a, b) => Number(a.receivedAt) - Number(b.receivedAt));
  return [
    {
      path: 'INBOX',
      mails: mails([...INVOICE.in, ...APPOINTMENT.in, ...COMPLAINT.in, ...SUPPLIER.in, ...SINGLES]),
    },
    {
      path: 'Envoyés',
      specialUse: '\\Sent',
      mails: mails([
        ...QUOTE.out,
        ...INVOICE.out,
        ...APPOINTMENT.out,
        ...COMPLAINT.out,
        ...SUPPLIER.out,
        ...OLD_SITE.out,
      ]),
    },
    { path: 'Clients/Durand', mails: mails(QUOTE.in) },
    { path: 'Archive', specialUse: '\\Archive', mails: mails(OLD_SITE.in) },
    { path: 'Corbeille', specialUse: '\\Trash', mails: mails(TRASH) },
    { path: 'Indésirables', specialUse: '\\Junk', mails: mails(JUNK) },
    { path: 'Brouillons', specialUse: '\\Drafts', mails: mails(DRAFTS) },
  ];
}

interface SampleSource {
  /** Left part of the Message-ID; without it the mail has none. */
  id?: string;
  /** `days hh:mm` before now, in UTC. */
  ago: `${number} ${number}:${number}`;
  from: string;
  to: string;
  cc?: string;
  subject: string;
  subjectCharset?: string;
  /** The mails before it in its conversation, oldest first. */
  after?: string[];
  headers?: string[];
  flags?: string[];
  body: MimePart;
}

/** Header lines and an encoded body. */
export interface MimePart {
  headers: string[];
  body: Buffer;
}

type TextEncoding = '7bit' | '8bit' | 'quoted-printable' | 'base64';

export function textPart(
  text: string,
  charset = 'utf-8',
  encoding: TextEncoding = 'quoted-printable',
  type = 'text/plain',
): MimePart {
  const bytes = iconv.encode(text.replace(/\r?\n/g, '\r\n'), charset);
  return {
    headers: [`Content-Type: ${type}; charset=${charset}`, `Content-Transfer-Encoding: ${encoding}`],
    body: transferEncode(bytes, encoding),
  };
}

export function htmlPart(html: string, charset?: string, encoding?: TextEncoding): MimePart {
  return textPart(html, charset, encoding, 'text/html');
}

export function filePart(name: string, type: string, content: Buffer, contentId?: string): MimePart {
  const ascii = /^[\x20-\x7e]*$/.test(name);
  const filename = ascii ? `filename="${name}"` : `filename*=UTF-8''${encodeURIComponent(name)}`;
  return {
    headers: [
      `Content-Type: ${type}; name="${ascii ? name : encodedWord(name)}"`,
      `Content-Disposition: ${contentId ? 'inline' : 'attachment'}; ${filename}`,
      'Content-Transfer-Encoding: base64',
      ...(contentId ? [`Content-ID: <${contentId}>`] : []),
    ],
    body: transferEncode(content, 'base64'),
  };
}

/** `parameters` follow the boundary, as in `; report-type=delivery-status`. */
export function multipart(subtype: string, boundary: string, parts: MimePart[], parameters = ''): MimePart {
  const chunks = parts.flatMap((part) => [
    Buffer.from(`--${boundary}\r\n${part.headers.join('\r\n')}\r\n\r\n`, 'latin1'),
    part.body,
    Buffer.from('\r\n'),
  ]);
  return {
    headers: [`Content-Type: multipart/${subtype}; boundary="${boundary}"${parameters}`],
    body: Buffer.concat([...chunks, Buffer.from(`--${boundary}--\r\n`)]),
  };
}

export function transferEncode(bytes: Buffer, encoding: TextEncoding): Buffer {
  if (encoding === 'base64') {
    return Buffer.from(bytes.toString('base64').replace(/.{76}(?=.)/g, '$&\r\n'));
  }
  return encoding === 'quoted-printable' ? Buffer.from(quotedPrintable(bytes)) : bytes;
}

function quotedPrintable(bytes: Buffer): string {
  const lines = bytes.toString('latin1').split('\r\n');
  return lines
    .map((line) => {
      const hex = (char: string) => `=${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
      const encoded = line.replace(/[^\t\x20-\x3c\x3e-\x7e]|[\t ]$/g, hex);
      return encoded.replace(/(?:=..|[^=]){1,73}(?=(?:=..|[^=]){3})/g, '$&=\r\n');
    })
    .join('\r\n');
}

/** Words of at most 45 characters, each one whole in its charset, as the standard wants them. */
export function encodedWord(text: string, charset = 'utf-8', kind: 'B' | 'Q' = 'B'): string {
  const words = text.match(/[\s\S]{1,12}(?![\udc00-\udfff])/g) ?? [''];
  return words
    .map((word) => {
      const bytes = iconv.encode(word, charset);
      const encoded =
        kind === 'B'
          ? bytes.toString('base64')
          : bytes
              .toString('latin1')
              .replace(
                /[^A-Za-z0-9 ]/g,
                (char) => `=${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
              )
              .replaceAll(' ', '_');
      return `=?${charset}?${kind}?${encoded}?=`;
    })
    .join('\r\n ');
}

function headerText(text: string, charset?: string): string {
  return /^[\x20-\x7e]*$/.test(text) ? text : encodedWord(text, charset, charset ? 'Q' : 'B');
}

/** `Hélène <a@b>` with its name as encoded words. */
function headerAddress(address: string): string {
  const [, name, email] = /^(.*) <(.*)>$/.exec(address) ?? [];
  if (name === undefined || email === undefined) return address;
  return `${/^[\w .-]*$/.test(name) ? name : headerText(name)} <${email}>`;
}

function messageId(id: string): string {
  return `<${id}@mails.example>`;
}

function sampleMail(source: SampleSource, now: Date): SampleMail & { receivedAt: Date } {
  const [days, hours, minutes] = source.ago.split(/[ :]/).map(Number);
  const midnight = Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate());
  const sentAt = new Date(midnight + ((-(days ?? 0) * 24 + (hours ?? 0)) * 60 + (minutes ?? 0)) * 60_000);
  const { id, cc, after = [], headers = [], flags = ['\\Seen'] } = source;
  const lines = [
    `Date: ${sentAt.toUTCString().replace('GMT', '+0000')}`,
    `From: ${headerAddress(source.from)}`,
    `To: ${source.to.split(', ').map(headerAddress).join(', ')}`,
    ...(cc ? [`Cc: ${headerAddress(cc)}`] : []),
    `Subject: ${headerText(source.subject, source.subjectCharset)}`,
    ...(id ? [`Message-ID: ${messageId(id)}`] : []),
    ...after.slice(-1).map((previous) => `In-Reply-To: ${messageId(previous)}`),
    ...(after.length ? [`References: ${after.map(messageId).join('\r\n ')}`] : []),
    ...headers,
    'MIME-Version: 1.0',
    ...source.body.headers,
  ];
  const raw = Buffer.concat([
    Buffer.from(`${lines.join('\r\n')}\r\n\r\n`),
    source.body.body,
    Buffer.from('\r\n'),
  ]);
  return { raw, flags, receivedAt: new Date(sentAt.getTime() + 4_000) };
}

/** A page with one line of text. */
export function samplePdf(line: string): Buffer {
  const text = `BT /F1 14 Tf 60 760 Td (${line.replace(/[()\\]/g, '\\$&')}) Tj ET`;
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>',
    `<< /Length ${text.length} >>\nstream\n${text}\nendstream`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>',
  ];
  let file = '%PDF-1.4\n';
  const offsets = objects.map((object, index) => {
    const offset = file.length;
    file += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return `${String(offset).padStart(10, '0')} 00000 n \n`;
  });
  const table = `xref\n0 6\n0000000000 65535 f \n${offsets.join('')}trailer\n<< /Size 6 /Root 1 0 R >>\n`;
  return Buffer.from(`${file}${table}startxref\n${file.length}\n%%EOF\n`, 'latin1');
}

/** A square of one colour. */
export function samplePng(size: number, [red, green, blue]: [number, number, number]): Buffer {
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
    const framed = Buffer.alloc(body.length + 8);
    framed.writeUInt32BE(data.length, 0);
    body.copy(framed, 4);
    framed.writeUInt32BE(crc32(body), body.length + 4);
    return framed;
  };
  const header = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 2, 0, 0, 0]);
  header.writeUInt32BE(size, 0);
  header.writeUInt32BE(size, 4);
  const row = Buffer.from([0, ...Array.from({ length: size }, () => [red, green, blue]).flat()]);
  // Stored, not compressed: the bytes do not depend on the version of zlib.
  const pixels = deflateSync(Buffer.concat(Array.from({ length: size }, () => row)), { level: 0 });
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', pixels),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

const SIGNATURE = '\n\n-- \nAtelier Moreau, menuiserie et agencement\n12 rue des Tanneurs, 49000 Angers\n';

const quoted = (author: string, text: string) => `\n\n${author} a écrit :\n${text.replace(/^/gm, '> ')}\n`;

const QUOTE: { in: SampleSource[]; out: SampleSource[] } = {
  in: [
    {
      id: 'devis-1',
      ago: '24 08:12',
      from: DURAND,
      to: US,
      subject: 'Demande de devis : bibliothèque sur mesure',
      body: textPart(
        'Bonjour,\n\nNous souhaitons une bibliothèque en chêne pour notre salle de réunion (4,20 m × 2,60 m).\nPourriez-vous nous faire un devis ?\n\nCordialement,\nHélène Durand',
      ),
    },
    {
      id: 'devis-3',
      ago: '22 14:40',
      from: DURAND,
      to: US,
      subject: 'RE: Demande de devis : bibliothèque sur mesure',
      after: ['devis-1', 'devis-2'],
      body: multipart('mixed', 'durand-3', [
        textPart(
          'Mardi à 10 h, parfait. Voici le plan de la pièce et une photo du mur.\n\nHélène Durand',
          'iso-8859-1',
          '8bit',
        ),
        filePart(
          'Plan salle de réunion.pdf',
          'application/pdf',
          samplePdf('Plan de la salle, 4,20 m x 2,60 m'),
        ),
        filePart('mur.png', 'image/png', samplePng(24, [214, 203, 186])),
      ]),
    },
    {
      id: 'devis-5',
      ago: '15 16:05',
      from: DURAND,
      to: US,
      cc: 'Paul Durand <paul@durand-fils.example>',
      subject: 'RE: Demande de devis : bibliothèque sur mesure',
      after: ['devis-1', 'devis-2', 'devis-3', 'devis-4'],
      flags: ['\\Seen', '\\Flagged', '\\Answered'],
      body: textPart(
        'Devis accepté : 3 480 € TTC. L’acompte part demain.\nLe chêne huilé nous plaît beaucoup.',
        'windows-1252',
      ),
    },
  ],
  out: [
    {
      id: 'devis-2',
      ago: '23 09:30',
      from: US,
      to: DURAND,
      subject: 'Re: Demande de devis : bibliothèque sur mesure',
      after: ['devis-1'],
      body: textPart(
        `Bonjour Madame,\n\nAvec plaisir. Puis-je passer mardi à 10 h prendre les mesures ?${SIGNATURE}`,
      ),
    },
    {
      id: 'devis-4',
      ago: '17 11:20',
      from: US,
      to: DURAND,
      subject: 'Re: Demande de devis : bibliothèque sur mesure',
      after: ['devis-1', 'devis-2', 'devis-3'],
      body: multipart('mixed', 'moreau-4', [
        textPart(`Bonjour,\n\nVoici notre devis no 2026-118. Il est valable deux mois.${SIGNATURE}`),
        filePart(
          'Devis 2026-118 – Durand.pdf',
          'application/pdf',
          samplePdf('Devis 2026-118 : 3 480 EUR TTC'),
        ),
      ]),
    },
    {
      id: 'devis-6',
      ago: '14 08:02',
      from: US,
      to: DURAND,
      subject: 'Re: Demande de devis : bibliothèque sur mesure',
      after: ['devis-1', 'devis-2', 'devis-3', 'devis-4', 'devis-5'],
      body: textPart(
        `Merci de votre confiance ! Début de fabrication la semaine prochaine.${SIGNATURE}`,
        'utf-8',
        'base64',
      ),
    },
  ],
};

const INVOICE: { in: SampleSource[]; out: SampleSource[] } = {
  in: [
    {
      id: 'facture-1',
      ago: '9 13:25',
      from: LEFEVRE,
      to: US,
      subject: 'Facture F-2026-094 : TVA à 10 % ou à 20 % ?',
      subjectCharset: 'iso-8859-1',
      flags: ['\\Seen', '\\Answered'],
      body: textPart(
        'Bonjour,\n\nLa facture F-2026-094 porte une TVA de 20 %. Pour une rénovation, ne serait-ce pas 10 % ?\n\nMaître Claire Lefèvre',
        'iso-8859-1',
      ),
    },
    {
      id: 'facture-3',
      ago: '8 09:11',
      from: LEFEVRE,
      to: US,
      subject: 'Re: Facture F-2026-094 : TVA à 10 % ou à 20 % ?',
      after: ['facture-1', 'facture-2'],
      body: textPart(
        `Parfait, le virement de 1 210,00 € est fait. Au cœur de l’hiver, pensez à nos fenêtres…${quoted('Atelier Moreau', 'Vous avez raison, voici la facture corrigée.')}`,
        'windows-1252',
        '8bit',
      ),
    },
  ],
  out: [
    {
      id: 'facture-2',
      ago: '9 15:50',
      from: US,
      to: LEFEVRE,
      subject: 'Re: Facture F-2026-094 : TVA à 10 % ou à 20 % ?',
      after: ['facture-1'],
      body: multipart('mixed', 'facture-2', [
        textPart(`Bonjour Maître,\n\nVous avez raison, voici la facture corrigée.${SIGNATURE}`),
        filePart(
          'F-2026-094-corrigée.pdf',
          'application/pdf',
          samplePdf('Facture F-2026-094 : 1 210,00 EUR'),
        ),
      ]),
    },
  ],
};

const INVITATION = [
  'BEGIN:VCALENDAR',
  'VERSION:2.0',
  'PRODID:-//Benali//FR',
  'METHOD:REQUEST',
  'BEGIN:VEVENT',
  'UID:rdv-chantier@architectes-benali.example',
  'DTSTAMP:20261113T090000Z',
  'DTSTART:20261124T130000Z',
  'DTEND:20261124T143000Z',
  'SUMMARY:Visite du chantier\\, rue Pasteur',
  'ORGANIZER:mailto:karim.benali@architectes-benali.example',
  'END:VEVENT',
  'END:VCALENDAR',
].join('\n');

const APPOINTMENT: { in: SampleSource[]; out: SampleSource[] } = {
  in: [
    {
      id: 'rdv-1',
      ago: '10 07:45',
      from: BENALI,
      to: US,
      subject: 'Rendez-vous de chantier rue Pasteur',
      flags: ['\\Seen', '\\Answered'],
      body: textPart(
        'Bonjour,\n\nPouvons-nous nous voir sur place mardi 24 vers 14 h ?\n\nKarim Benali, architecte',
        'utf-8',
        '8bit',
      ),
    },
    {
      id: 'rdv-3',
      ago: '7 09:00',
      from: BENALI,
      to: US,
      subject: 'Invitation : visite du chantier, rue Pasteur',
      after: ['rdv-1', 'rdv-2'],
      body: multipart('alternative', 'rdv-3', [
        textPart('Visite du chantier, mardi 24 novembre, de 14 h à 15 h 30.'),
        htmlPart('<p>Visite du chantier, <b>mardi 24 novembre</b>, de 14&nbsp;h à 15&nbsp;h&nbsp;30.</p>'),
        textPart(INVITATION, 'utf-8', '7bit', 'text/calendar; method=REQUEST'),
      ]),
    },
  ],
  out: [
    {
      id: 'rdv-2',
      ago: '10 10:15',
      from: US,
      to: BENALI,
      subject: 'Re: Rendez-vous de chantier rue Pasteur',
      after: ['rdv-1'],
      body: textPart(`D’accord pour mardi 24 à 14 h. Pouvez-vous m’envoyer une invitation ?${SIGNATURE}`),
    },
    {
      id: 'rdv-4',
      ago: '7 09:32',
      from: US,
      to: BENALI,
      subject: 'Accepté : visite du chantier, rue Pasteur',
      after: ['rdv-1', 'rdv-2', 'rdv-3'],
      body: textPart(`Bien noté, à mardi 👍${SIGNATURE}`, 'utf-8', 'base64'),
    },
  ],
};

const COMPLAINT: { in: SampleSource[]; out: SampleSource[] } = {
  in: [
    {
      id: 'plainte-1',
      ago: '5 18:55',
      from: GARNIER,
      to: US,
      subject: 'Porte qui frotte : réclamation',
      flags: ['\\Seen', '\\Flagged', '\\Answered'],
      body: multipart('mixed', 'plainte-1', [
        multipart('alternative', 'plainte-1a', [
          textPart(
            'Bonjour,\n\nLa porte posée le 3 frotte déjà sur le parquet, photo jointe. J’attends votre passage.\n\nJ.-F. Garnier',
          ),
          htmlPart(
            '<div>Bonjour,<br><br>La porte posée le 3 <strong>frotte déjà</strong> sur le parquet, photo jointe. J’attends votre passage.<br><br>J.-F. Garnier</div>',
          ),
        ]),
        filePart('IMG_2041.png', 'image/png', samplePng(32, [120, 82, 45])),
      ]),
    },
    {
      id: 'plainte-3',
      ago: '4 12:20',
      from: GARNIER,
      to: US,
      subject: 'Re: Porte qui frotte : réclamation',
      after: ['plainte-1', 'plainte-2'],
      body: textPart(
        `Jeudi matin me convient.${quoted('Atelier Moreau', 'Nous passons jeudi entre 8 h et 9 h, sans frais.')}`,
      ),
    },
    {
      id: 'plainte-5',
      ago: '1 17:41',
      from: GARNIER,
      to: US,
      subject: 'Re: Porte qui frotte : réclamation',
      after: ['plainte-1', 'plainte-2', 'plainte-3', 'plainte-4'],
      flags: [],
      body: textPart('Tout est rentré dans l’ordre, merci de votre réactivité. 🙏', 'utf-8', 'base64'),
    },
  ],
  out: [
    {
      id: 'plainte-2',
      ago: '4 08:05',
      from: US,
      to: GARNIER,
      subject: 'Re: Porte qui frotte : réclamation',
      after: ['plainte-1'],
      body: textPart(
        `Bonjour Monsieur,\n\nToutes nos excuses. Nous passons jeudi entre 8 h et 9 h, sans frais.${SIGNATURE}`,
      ),
    },
    {
      id: 'plainte-4',
      ago: '1 09:48',
      from: US,
      to: GARNIER,
      subject: 'Re: Porte qui frotte : réclamation',
      after: ['plainte-1', 'plainte-2', 'plainte-3'],
      body: textPart(`La porte est rabotée et revernie. Dites-nous si tout va bien.${SIGNATURE}`),
    },
  ],
};

const SUPPLIER: { in: SampleSource[]; out: SampleSource[] } = {
  in: [
    {
      id: 'bois-2',
      ago: '11 10:30',
      from: BOIS,
      to: US,
      subject: 'RE : Commande de chêne massif',
      after: ['bois-1'],
      body: multipart('mixed', 'bois-2', [
        textPart(
          'Bonjour,\n\nPlateaux 41 mm disponibles sous 8 jours. Tarif joint, +4 % au 1er décembre.',
          'iso-8859-1',
        ),
        filePart('tarif-2026-12.pdf', 'application/pdf', samplePdf('Tarif au 1er decembre 2026')),
      ]),
    },
    {
      id: 'bois-4',
      ago: '2 06:58',
      from: BOIS,
      to: US,
      subject:
        'Votre livraison est prévue vendredi entre 7 h et 9 h – bon no 55 821, deux plateaux de chêne et un d’œuvre',
      after: ['bois-1', 'bois-2', 'bois-3'],
      flags: [],
      body: htmlPart(
        '<html><body><h2>Livraison prévue</h2><table><tr><td>Plateau chêne 41&nbsp;mm</td><td>6</td></tr><tr><td>Avivé frêne</td><td>12</td></tr></table><p>Total&nbsp;: 1&nbsp;874,50&nbsp;€ HT</p></body></html>',
        'windows-1252',
      ),
    },
  ],
  out: [
    {
      id: 'bois-1',
      ago: '12 15:15',
      from: US,
      to: BOIS,
      subject: 'Commande de chêne massif',
      body: textPart(`Bonjour,\n\nAvez-vous six plateaux de chêne 41 mm, secs ?${SIGNATURE}`),
    },
    {
      id: 'bois-3',
      ago: '11 13:05',
      from: US,
      to: BOIS,
      subject: 'Re: RE : Commande de chêne massif',
      after: ['bois-1', 'bois-2'],
      body: textPart(`Nous prenons les six, ainsi que douze avivés de frêne.${SIGNATURE}`, 'utf-8', '8bit'),
    },
  ],
};

const OLD_SITE: { in: SampleSource[]; out: SampleSource[] } = {
  in: [
    {
      id: 'mairie-1',
      ago: '210 08:40',
      from: PETIT,
      to: US,
      subject: 'Réfection des bancs de la salle des fêtes',
      body: textPart('Madame, Monsieur,\n\nVotre offre pour les 14 bancs a été retenue.', 'iso-8859-15'),
    },
    {
      id: 'mairie-3',
      ago: '180 14:00',
      from: PETIT,
      to: US,
      subject: 'Re: Réfection des bancs de la salle des fêtes',
      after: ['mairie-1', 'mairie-2'],
      body: textPart(
        'Réception prononcée sans réserve. Mandat de 5 600 € à 30 jours.',
        'iso-8859-15',
        'base64',
      ),
    },
    {
      id: 'voeux-2026',
      ago: '323 08:00',
      from: LEFEVRE,
      to: `${US}, ${PETIT}`,
      subject: '🎉 Meilleurs vœux pour 2026 ! 🎉',
      body: textPart('Toute l’équipe du cabinet vous souhaite une très belle année 2026 ✨'),
    },
  ],
  out: [
    {
      id: 'mairie-2',
      ago: '208 09:10',
      from: US,
      to: PETIT,
      subject: 'Re: Réfection des bancs de la salle des fêtes',
      after: ['mairie-1'],
      body: textPart(`Merci ! Les travaux commenceront le 2 mai.${SIGNATURE}`),
    },
  ],
};

const newsletter = (number: number, ago: SampleSource['ago'], title: string): SampleSource => ({
  id: `lettre-${number}`,
  ago,
  from: 'La Lettre du Bois <lettre@lalettredubois.example>',
  to: US,
  subject: `La Lettre du Bois no ${number} : ${title}`,
  headers: [
    'List-Id: <lettre.lalettredubois.example>',
    'List-Unsubscribe: <https://lalettredubois.example/quitter>',
    'Precedence: bulk',
  ],
  flags: [],
  body: multipart('alternative', `lettre-${number}`, [
    textPart(`${title}\n\nLire en ligne : https://lalettredubois.example/${number}\n`),
    htmlPart(
      `<!doctype html><html><head><style>h1{color:#6b4423}</style></head><body><h1>${title}</h1><p>Bonjour à toutes et à tous&nbsp;!</p><p><a href="https://lalettredubois.example/${number}">Lire en ligne</a></p><img src="https://lalettredubois.example/p.gif" width="1" height="1"></body></html>`,
    ),
  ]),
});

const SINGLES: SampleSource[] = [
  newsletter(41, '19 05:00', 'l’assemblage à queue d’aronde'),
  newsletter(42, '3 05:00', 'choisir son huile dure 🌳'),
  {
    id: 'absence-1',
    ago: '14 08:03',
    from: DURAND,
    to: US,
    subject: 'Réponse automatique : Demande de devis : bibliothèque sur mesure',
    after: ['devis-6'],
    headers: ['Auto-Submitted: auto-replied', 'X-Auto-Response-Suppress: All'],
    body: textPart(
      'Je suis absente jusqu’au 10 novembre. Pour toute urgence : accueil@durand-fils.example.',
      'utf-8',
      'base64',
    ),
  },
  {
    id: 'echec-1',
    ago: '6 11:02',
    from: 'Mail Delivery System <MAILER-DAEMON@mx.atelier-moreau.example>',
    to: US,
    subject: 'Undelivered Mail Returned to Sender',
    headers: ['Auto-Submitted: auto-replied', 'Return-Path: <>'],
    body: multipart(
      'report',
      'echec-1',
      [
        textPart(
          'Your message could not be delivered: <achats@bois-et-cei.example>: Host not found.\n',
          'us-ascii',
          '7bit',
        ),
        {
          headers: ['Content-Type: message/delivery-status'],
          body: Buffer.from(
            'Reporting-MTA: dns; mx.atelier-moreau.example\r\n\r\nFinal-Recipient: rfc822; achats@bois-et-cei.example\r\nAction: failed\r\nStatus: 5.1.2\r\n',
          ),
        },
        {
          headers: ['Content-Type: message/rfc822'],
          body: Buffer.from(
            'From: contact@atelier-moreau.example\r\nTo: achats@bois-et-cei.example\r\nSubject: Tarif du fr=?utf-8?Q?=C3=AAne?=\r\nMessage-ID: <tarif-frene@mails.example>\r\n\r\nBonjour, quel est votre tarif ?\r\n',
          ),
        },
      ],
      '; report-type=delivery-status',
    ),
  },
  {
    ago: '13 12:00',
    from: 'imprimante@atelier-moreau.example',
    to: US,
    subject: 'Scan du bureau',
    body: multipart('mixed', 'scan-1', [
      textPart('Document numérisé.', 'iso-8859-1', '8bit'),
      filePart('SCAN0001.PDF', 'application/octet-stream', samplePdf('Bon de livraison 55 790')),
    ]),
  },
  {
    id: 'flowed-1',
    ago: '16 19:22',
    from: 'Léa Marchand <lea@marchand.example>',
    to: US,
    subject: 'Candidature en apprentissage',
    flags: ['\\Seen', '\\Flagged'],
    body: textPart(
      'Bonjour,\n\nÉlève en deuxième année de CAP menuisier, je cherche un atelier \npour mon apprentissage à partir de janvier. Je serais heureuse de \nvous rencontrer.\n\nLéa Marchand\n-- \n06 00 00 00 00',
      'utf-8',
      'quoted-printable',
      'text/plain; format=flowed',
    ),
  },
  {
    id: 'banque-1',
    ago: '2 04:30',
    from: 'Banque de l’Ouest <ne-pas-repondre@banque-ouest.example>',
    to: US,
    subject: 'Votre relevé de compte est disponible',
    subjectCharset: 'windows-1252',
    flags: [],
    body: textPart(
      'Votre relevé no 11 est disponible. Solde : 12 408,37 €.\nŒuvrons ensemble à votre sécurité…',
      'windows-1252',
    ),
  },
  {
    id: 'logo-1',
    ago: '0 07:50',
    from: 'Studio Pixel <bonjour@studio-pixel.example>',
    to: US,
    subject: 'Votre nouveau logo 🪵✏️',
    flags: [],
    body: multipart('related', 'logo-1', [
      htmlPart(
        '<p>Bonjour ! Voici la première piste :</p><p><img src="cid:logo@studio-pixel.example" alt="Logo"></p>',
      ),
      filePart('logo.png', 'image/png', samplePng(48, [46, 94, 78]), 'logo@studio-pixel.example'),
    ]),
  },
  {
    id: 'transfert-1',
    ago: '0 08:35',
    from: 'Sophie Moreau <sophie@atelier-moreau.example>',
    to: US,
    subject: 'TR: Panne de la dégauchisseuse',
    flags: [],
    body: multipart('mixed', 'transfert-1', [
      textPart('À traiter aujourd’hui, le réparateur attend notre accord.\nSophie'),
      {
        headers: ['Content-Type: message/rfc822', 'Content-Disposition: attachment; filename="panne.eml"'],
        body: Buffer.from(
          'From: sav@machines-bois.example\r\nTo: sophie@atelier-moreau.example\r\nSubject: Panne\r\nMessage-ID: <sav-77@mails.example>\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nLe roulement est à changer : 240 € pièce et main-d’œuvre.\r\n',
        ),
      },
    ]),
  },
];

const TRASH: SampleSource[] = [
  {
    id: 'corbeille-1',
    ago: '30 09:00',
    from: 'Événements Pro <salon@evenements-pro.example>',
    to: US,
    subject: 'Votre badge pour le salon de l’habitat',
    body: textPart('Téléchargez votre badge avant vendredi.'),
  },
];

const JUNK: SampleSource[] = [
  {
    id: 'indesirable-1',
    ago: '4 02:13',
    from: 'Gagnant <promo@prix-fou.example>',
    to: US,
    subject: '💰 Vous avez gagné 1 000 000 € !!!',
    flags: [],
    body: htmlPart('<a href="http://prix-fou.example">CLIQUEZ ICI</a>'),
  },
];

const DRAFTS: SampleSource[] = [
  {
    id: 'brouillon-1',
    ago: '1 16:00',
    from: US,
    to: BENALI,
    subject: 'Retard possible rue Pasteur',
    flags: ['\\Draft', '\\Seen'],
    body: textPart('Bonjour Karim,\n\nIl se pourrait que'),
  },
];
