import {
  filePart,
  htmlPart,
  multipart,
  type SampleSource,
  samplePdf,
  samplePng,
  textPart,
} from './mail-writer.js';
import { BENALI, DURAND, US } from './people.js';

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

export const SINGLES: SampleSource[] = [
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

export const TRASH: SampleSource[] = [
  {
    id: 'corbeille-1',
    ago: '30 09:00',
    from: 'Événements Pro <salon@evenements-pro.example>',
    to: US,
    subject: 'Votre badge pour le salon de l’habitat',
    body: textPart('Téléchargez votre badge avant vendredi.'),
  },
];

export const JUNK: SampleSource[] = [
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

export const DRAFTS: SampleSource[] = [
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
