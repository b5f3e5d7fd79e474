/** Lets what has failed be for a while. */
export class Cooldown {
  readonly #lengthMs: number;
  readonly #monotonicMs: () => number;
  #endsMs = -Infinity;

  constructor(lengthMs: number, monotonicMs: () => number) {
    this.#lengthMs = lengthMs;
    this.#monotonicMs = monotonicMs;
  }

  begin(): void {
    this.#endsMs = this.#monotonicMs() + this.#lengthMs;
  }

  get isOver(): boolean {
    return this.#monotonicMs() >= this.#endsMs;
  }
}
