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

  /** Requests that are being judged. */
  get requests(): number {
    return this.#requests;
  }

  /** Begins with a request of which nothing has come yet. */
  open(): AdmissionShare {
    return new AdmissionShare((change) => this.#take(change));
  }

  #take({ requests = 0, bytes = 0 }: Partial<Budget>): boolean {
    const [nextRequests, nextBytes] = [this.#requests + requests, this.#bytes + bytes];
    if (requests > 0 && nextRequests > this.#limit.requests) return false;
    if (bytes > 0 && nextBytes > this.#limit.bytes) return false;
    [this.#requests, this.#bytes] = [nextRequests, nextBytes];
    return true;
  }
}

/**
 * What one request has of the budget. It counts what has come, not what was announced: a client that announces a large
 * body and is slow to send it takes nothing from anybody.
 */
export class AdmissionShare implements Disposable {
  readonly #take: (change: Partial<Budget>) => boolean;
  #requests = 0;
  #bytes = 0;

  /** @param take changes what is taken of the budget; false when it is too much */
  constructor(take: (change: Partial<Budget>) => boolean) {
    this.#take = take;
  }

  /** Takes on more of the body; false when it is too much. */
  takeBytes(bytes: number): boolean {
    const isTaken = this.#take({ bytes });
    if (isTaken) this.#bytes += bytes;
    return isTaken;
  }

  /** Takes on the request, whose body is there; false when there are too many. */
  takeRequest(): boolean {
    const isTaken = this.#take({ requests: 1 });
    if (isTaken) this.#requests++;
    return isTaken;
  }

  /** Gives everything back. */
  [Symbol.dispose](): void {
    this.#take({ requests: -this.#requests, bytes: -this.#bytes });
    [this.#requests, this.#bytes] = [0, 0];
  }
}
