/** The flags of a mail in one order. `\\Recent` is left out: it speaks of the session, not of the mail. */
export const flagsOf = ({ flags }: { flags?: Set<string> | undefined }): string[] =>
  [...(flags ?? [])].filter((flag) => flag.toLowerCase() !== '\\recent').sort();
