/** What can be done to a request on its way to the API server. */
export type Fault =
  /** The proxy answers itself, with a Status; the API server never sees the request, or has done it before. */
  | {
    readonly kind: "answer";
    readonly status: number;
    readonly reason?: string;
    readonly message?: string;
    readonly retryAfterS?: number;
    readonly when?: "before" | "after";
  }
  /** The request waits before it is passed on. */
  | { readonly kind: "delay"; readonly ms: number }
  /**
   * No answer, and the request (or the whole connection, the default) is reset: before the API server saw the
   * request, while it is on its way there, or after it has done what was asked. `refuse`: so many connections after it
   * are reset before they can say anything.
   */
  | {
    readonly kind: "drop";
    readonly when: "before" | "meanwhile" | "after";
    readonly scope?: "request" | "connection";
    readonly refuse?: number;
  }
  /** Done by the API server, whose answer breaks off in its middle. */
  | { readonly kind: "truncate" }
  /** Done by the API server twice, one after the other; the caller gets the answer to one of them. */
  | { readonly kind: "twice"; readonly answer: "first" | "second" }
  /** Never passed on, never answered. */
  | { readonly kind: "hang" }
  /** Waits until it is released, and then is passed on even if the caller is gone by then. */
  | { readonly kind: "hold" };

/** Which requests a fault is for; everything that is said must hold. */
export interface Match {
  readonly method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Tried on path and query, as `/api/v1/pods?limit=500`. */
  readonly path?: RegExp;
  /** Name of a user with a client certificate. */
  readonly user?: string;
  /** Passes over the first n − 1 requests that match. Default 1. */
  readonly nth?: number;
}

/** A fault with its match as it travels to the proxy's process. */
export interface Rule {
  readonly id: number;
  readonly fault: Fault;
  readonly method?: string;
  readonly path?: { readonly source: string; readonly flags: string };
  readonly user?: string;
  readonly nth: number;
  /** How many requests it is for, from the n-th on; null for all. */
  readonly times: number | null;
}

/** What a rule is tried on. */
export interface Subject {
  readonly method: string;
  readonly path: string;
  readonly user: string | undefined;
}

/** The rules in force; counts the requests that match each of them. */
export class Rules {
  readonly #entries: { readonly rule: Rule; readonly path: RegExp | undefined; seen: number }[] = [];

  /** Adds a rule behind those that are there. */
  add(rule: Rule): void {
    const path = rule.path === undefined ? undefined : new RegExp(rule.path.source, rule.path.flags);
    this.#entries.push({ rule, path, seen: 0 });
  }

  /** Removes one rule, or all. */
  clear(id?: number): void {
    const kept = id === undefined ? [] : this.#entries.filter((entry) => entry.rule.id !== id);
    this.#entries.splice(0, Infinity, ...kept);
  }

  /** Gives the fault of the first rule whose turn it is. Every rule that matches counts the request. */
  take(subject: Subject): Fault | undefined {
    let taken: Fault | undefined;
    for (const entry of this.#entries) {
      const { rule } = entry;
      if (!matches(entry, subject)) continue;
      entry.seen++;
      const last = rule.times === null ? Infinity : rule.nth + rule.times - 1;
      if (entry.seen >= rule.nth && entry.seen <= last) taken ??= rule.fault;
    }
    return taken;
  }
}

function matches({ rule, path }: { rule: Rule; path: RegExp | undefined }, subject: Subject): boolean {
  if (rule.method !== undefined && rule.method !== subject.method) return false;
  if (rule.user !== undefined && rule.user !== subject.user) return false;
  // A global or sticky expression would go on where it stopped at the request before.
  if (path !== undefined) path.lastIndex = 0;
  return path === undefined || path.test(subject.path);
}

/** A request that the proxy has seen. Times are milliseconds since the proxy's start. */
export interface SeenRequest {
  /** Counts from 1. */
  readonly number: number;
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  /** Of a caller with a client certificate. */
  readonly user?: string;
  /** Counts the connections from 1. */
  readonly connection: number;
  readonly fault?: Fault["kind"];
  /** What the caller was answered; undefined while it was not, or never. */
  status?: number;
  /** What the API server answered, also when the caller was not told. */
  upstreamStatus?: number;
  readonly beganMs: number;
  /** When the answer's head was sent, or the request dropped. */
  endedMs?: number;
}

const REASONS: Readonly<Record<number, string>> = {
  400: "BadRequest",
  403: "Forbidden",
  404: "NotFound",
  409: "Conflict",
  410: "Expired",
  429: "TooManyRequests",
  500: "InternalError",
  503: "ServiceUnavailable",
  504: "Timeout",
};

/** Renders the Status object with which the API server itself would report such an error. */
export function renderStatus(fault: Extract<Fault, { kind: "answer" }>): string {
  const reason = fault.reason ?? REASONS[fault.status] ?? "Unknown";
  return JSON.stringify({
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message: fault.message ?? `fault injected by the lab: ${reason}`,
    reason,
    code: fault.status,
    ...(fault.retryAfterS === undefined ? {} : { details: { retryAfterSeconds: fault.retryAfterS } }),
  });
}
