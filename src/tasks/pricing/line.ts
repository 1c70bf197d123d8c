/** Cards that are worked on side by side take from the quota one after the other: the longest unpriced gets the last call. */
export class Line {
  #end: Promise<void> = Promise.resolve();

  /** A place behind all who have entered. Whoever has a turn, or does without, lets the next one pass. */
  enter(): { turn: Promise<void>; leave(): void } {
    let leave = () => {};
    const left = new Promise<void>((resolve) => {
      leave = resolve;
    });
    const turn = this.#end;
    this.#end = turn.then(() => left);
    return { turn, leave };
  }
}
