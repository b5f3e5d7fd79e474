/** How much is taken on at the same time. */
export interface Budget {
  readonly requests: number;
  /** Of bodies. */
  readonly bytes: number;
}

/**
 * Counts what is under way and says when it is enough. Whoever is sent away costs nothing, so memory has a limit
 * whatever comes.
 */
export class AdmissionBudget {
  readonly #limit: Budget;
  #requests = 0;
  #bytes = 0;

  constructor(limit: Budget) {
    this.#limit = limit;
  }

  /** Requests under way. */
  get requests(): number {
    return this.#requests;
  }

  /** Takes on a request with a body of so many bytes, until it is {@linkcode release}d; false when it is too much. */
  take(bytes: number): boolean {
    if (this.#requests >= this.#limit.requests || this.#bytes + bytes > this.#limit.bytes) return false;
    this.#requests++;
    this.#bytes += bytes;
    return true;
  }

  /** Ends a request that was taken on. */
  release(bytes: number): void {
    this.#requests--;
    this.#bytes -= bytes;
  }
}
