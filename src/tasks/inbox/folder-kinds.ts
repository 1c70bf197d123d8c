/** What a server says of a folder. */
export interface ListedFolder {
  path: string;
  delimiter: string;
  flags: Set<string>;
  specialUse?: string | undefined;
  /** `extension` when the server itself says it, `name` when the library guessed. */
  specialUseSource?: string | undefined;
}

/** Kinds that hold what nobody wants in an inbox, or show again what lies in other folders. */
const LEFT_OUT = new Set(['\\Trash', '\\Junk', '\\Drafts', '\\All', '\\Flagged', '\\Important']);
/** What lies below a waste bin is waste too. */
const LEFT_OUT_WITH_CHILDREN = new Set(['\\Trash', '\\Junk', '\\Drafts']);

const NAMES: Record<string, RegExp> = {
  '\\Trash':
    /^(trash|trash can|bin|deleted|deleted items|deleted messages|corbeille|poubelle|[eé]l[eé]ments supprim[eé]s|messages supprim[eé]s|courriers? supprim[eé]s?)$/i,
  '\\Junk':
    /^(junk|junk e-?mail|junk mail|spam|bulk|bulk mail|ind[eé]sirables?|courriers? ind[eé]sirables?|messages ind[eé]sirables|pourriels?)$/i,
  '\\Drafts': /^(drafts?|brouillons?)$/i,
  '\\All': /^(all mail|all messages|tous les messages|tous les mails)$/i,
};

/** Folders in which some servers put all the others. */
const ROOTS = /^(inbox|\[gmail\]|\[google mail\])$/i;

/** The folders to synchronise, INBOX first: neither Trash, Junk, Drafts nor All-Mail kinds, by use or by name. */
export function foldersToSync<Folder extends ListedFolder>(listed: Folder[]): Folder[] {
  const said = new Set(
    listed.filter((folder) => folder.specialUseSource === 'extension').map((folder) => folder.specialUse),
  );
  const kindOf = (folder: Folder): string | undefined => {
    if (folder.specialUseSource === 'extension') return folder.specialUse;
    const byName = Object.keys(NAMES).find((kind) => NAMES[kind]?.test(topLevelName(folder) ?? ''));
    return byName && !said.has(byName) ? byName : undefined;
  };
  const wasteBins = listed
    .filter((folder) => LEFT_OUT_WITH_CHILDREN.has(kindOf(folder) ?? ''))
    .map((folder) => folder.path + folder.delimiter);
  return listed
    .filter((folder) => !folder.flags.has('\\Noselect') && !folder.flags.has('\\NonExistent'))
    .filter((folder) => !LEFT_OUT.has(kindOf(folder) ?? ''))
    .filter((folder) => !wasteBins.some((bin) => folder.path.startsWith(bin)))
    .sort((a, b) => rank(a) - rank(b) || (a.path < b.path ? -1 : 1));
}

const rank = (folder: ListedFolder): number => {
  if (folder.path.toUpperCase() === 'INBOX') return 0;
  return folder.specialUse === '\\Sent' ? 1 : 2;
};

/** The name of a folder that stands at the top, be it below INBOX as on Courier; a subfolder has none. */
function topLevelName(folder: ListedFolder): string | undefined {
  const levels = folder.delimiter ? folder.path.split(folder.delimiter) : [folder.path];
  if (levels.length === 2 && ROOTS.test(levels[0] ?? '')) return levels[1]?.normalize('NFC');
  return levels.length === 1 ? levels[0]?.normalize('NFC') : undefined;
}
