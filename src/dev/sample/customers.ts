import {
  filePart,
  htmlPart,
  multipart,
  type SampleSource,
  samplePdf,
  samplePng,
  textPart,
} from './mail-writer.js';
import { DURAND, GARNIER, LEFEVRE, PETIT, quoted, SIGNATURE, US } from './people.js';

export const QUOTE: { in: SampleSource[]; out: SampleSource[] } = {
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

export const COMPLAINT: { in: SampleSource[]; out: SampleSource[] } = {
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

export const OLD_SITE: { in: SampleSource[]; out: SampleSource[] } = {
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
