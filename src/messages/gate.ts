/** One way through the gate. */
export interface Ticket {
  enter(): Promise<void>;
  /** Makes room for another; without having entered, it gives up the place in line. */
  leave(): void;
}

/** Lets so many through at a time; the others wait in line. */
export class Gate {
  readonly #line: (() => void)[] = [];
  #free: number;

  constructor(width: number) {
    this.#free = width;
  }

  ticket(): Ticket {
    let state: 'outside' | 'inside' | 'gone' = 'outside';
    return {
      enter: async () => {
        if (this.#free > 0) this.#free -= 1;
        else await new Promise<void>((resolve) => this.#line.push(resolve));
        // Its owner has given up while it stood in line.
        if (state === 'gone') this.#leave();
        else state = 'inside';
      },
      leave: () => {
        if (state === 'inside') this.#leave();
        state = 'gone';
      },
    };
  }

  #leave(): void {
    const next = this.#line.shift();
    if (next) next();
    else this.#free += 1;
  }
}
