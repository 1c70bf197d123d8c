import { filePart, htmlPart, multipart, type SampleSource, samplePdf, textPart } from './mail-writer.js';
import { BENALI, BOIS, LEFEVRE, quoted, SIGNATURE, US } from './people.js';

export const INVOICE: { in: SampleSource[]; out: SampleSource[] } = {
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

export const APPOINTMENT: { in: SampleSource[]; out: SampleSource[] } = {
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

export const SUPPLIER: { in: SampleSource[]; out: SampleSource[] } = {
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
