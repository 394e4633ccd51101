/** The last of what a process printed, for whoever asks why it ended. */
export class Tail {
  readonly #limit: number;
  #text = '';

  constructor(limit = 4000) {
    this.#limit = limit;
  }

  add(text: string): void {
    this.#text = `${this.#text}${text}`.slice(-this.#limit);
  }

  get text(): string {
    return this.#text.trim();
  }
}
