/** Who writes to the sample firm, and how it signs. */
export const US = 'Atelier Moreau <contact@atelier-moreau.example>';
export const DURAND = 'Hélène Durand <helene.durand@durand-fils.example>';
export const LEFEVRE = 'Claire Lefèvre <c.lefevre@cabinet-lefevre.example>';
export const BENALI = 'Karim Benali <karim.benali@architectes-benali.example>';
export const GARNIER = 'Jean-François Garnier <jf.garnier@courriel.example>';
export const BOIS = 'Scierie Bois & Cie <commandes@bois-et-cie.example>';
export const PETIT = 'Mairie de Saint-Cœur <travaux@saint-coeur.example>';

export const SIGNATURE =
  '\n\n-- \nAtelier Moreau, menuiserie et agencement\n12 rue des Tanneurs, 49000 Angers\n';

export const quoted = (author: string, text: string) =>
  `\n\n${author} a écrit :\n${text.replace(/^/gm, '> ')}\n`;
