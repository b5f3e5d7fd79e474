/** HTTP methods that the client sends. */
export type Verb = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/**
 * What a failed request did to the cluster. `none`: the API server surely did nothing (it refused, or never got the
 * request, or it was a read). `unknown`: the request took effect, or did not, or still may.
 */
export type Effect = "none" | "unknown";

/**
 * `details` of a `Status` object.
 *
 * @see https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/
 */
export interface StatusDetails {
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string;
  readonly uid?: string;
  readonly causes?: readonly { readonly reason?: string; readonly message?: string; readonly field?: string }[];
  readonly retryAfterSeconds?: number;
}

/** Everything that an {@linkcode ApiError} tells. */
export interface ApiFailure {
  readonly verb: Verb;
  /** Path and query of the request, without the server. */
  readonly path: string;
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  /**
   * The `reason` of the Status object, or the one that belongs to the HTTP status. Without an answer `ConnectionFailed`
   * (nothing was sent), `ConnectionLost`, `Aborted` (the caller's signal) or `Misconfigured` (TLS, URL). Of an answer of
   * success that cannot be read `BrokenOff`, or `NotJson` when it is not the API server's.
   */
  readonly reason: string;
  /** What the API server said, or why there was no answer. */
  readonly text: string;
  readonly effect: Effect;
  /** Pause that the server asked for, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
  readonly details?: StatusDetails | undefined;
  /** How often the request was sent; 1 unless it was retried. */
  readonly tries?: number;
  readonly cause?: unknown;
}

/**
 * A request to the API server that failed. Its message reads `GET /apis/…: 404 NotFound: danmnets.danm.io "x" not
 * found`; callers that must word it differently (a CNI DEL must not say "not found") have the fields.
 */
export class ApiError extends Error implements ApiFailure {
  override readonly name: string = "ApiError";
  readonly verb: Verb;
  readonly path: string;
  readonly status: number;
  readonly reason: string;
  readonly text: string;
  readonly effect: Effect;
  readonly retryAfterMs: number | undefined;
  readonly details: StatusDetails | undefined;
  readonly tries: number;

  constructor(failure: ApiFailure) {
    const { verb, path, status, reason, text, tries = 1 } = failure;
    const code = status === 0 ? reason : `${status} ${reason}`;
    const said = text === "" ? "" : `: ${text}`;
    const often = tries > 1 ? ` (${tries} tries)` : "";
    super(
      `${verb} ${path}: ${code}${said}${often}`,
      failure.cause === undefined ? undefined : { cause: failure.cause },
    );
    this.verb = verb;
    this.path = path;
    this.status = status;
    this.reason = reason;
    this.text = text;
    this.effect = failure.effect;
    this.retryAfterMs = failure.retryAfterMs;
    this.details = failure.details;
    this.tries = tries;
  }
}

/**
 * 404 of the API server itself: the object does not exist, or (`details` undefined) its kind is not served.
 * A 404 that something between us and the API server answered is a plain {@linkcode ApiError}: it proves nothing.
 */
export class NotFound extends ApiError {
  override readonly name = "NotFound";
}

/** 409: resourceVersion or a precondition does not hold any more. */
export class Conflict extends ApiError {
  override readonly name = "Conflict";
}

/** 409 with reason AlreadyExists: an object of that name is there. */
export class AlreadyExists extends ApiError {
  override readonly name = "AlreadyExists";
}

/** 403: RBAC, an admission policy or a webhook refused. */
export class Forbidden extends ApiError {
  override readonly name = "Forbidden";
}

/** 401: the credentials are not accepted. */
export class Unauthorized extends ApiError {
  override readonly name = "Unauthorized";
}

/** 422: the object breaks its schema or a CEL rule; `details.causes` names the fields. */
export class Invalid extends ApiError {
  override readonly name = "Invalid";
}

/** 410: a resourceVersion or continue token has expired. */
export class Gone extends ApiError {
  override readonly name = "Gone";
}

/** 429: the API server sheds load; nothing was done. */
export class TooManyRequests extends ApiError {
  override readonly name = "TooManyRequests";
}

/** No usable answer: 5xx, no connection, connection lost, deadline, or a body that is not what the API server sends. */
export class Unavailable extends ApiError {
  override readonly name = "Unavailable";
}

/**
 * The error class that belongs to a failure.
 *
 * @example
 * ```ts
 * import { apiError, Conflict } from "./api_error.ts";
 *
 * const failure = { verb: "PUT", path: "/x", status: 409, reason: "Conflict", text: "", effect: "none" } as const;
 * console.assert(apiError(failure) instanceof Conflict);
 * ```
 */
export function apiError(failure: ApiFailure): ApiError {
  const { status } = failure;
  if (status === 0 || status >= 500 || status < 300) return new Unavailable(failure);
  if (status === 409) return failure.reason === "AlreadyExists" ? new AlreadyExists(failure) : new Conflict(failure);
  if (status === 404) return failure.reason === "NotFound" ? new NotFound(failure) : new ApiError(failure);
  const known = CLASSES.get(status);
  return known ? new known(failure) : new ApiError(failure);
}

const CLASSES: ReadonlyMap<number, typeof ApiError> = new Map<number, typeof ApiError>([
  [401, Unauthorized],
  [403, Forbidden],
  [410, Gone],
  [422, Invalid],
  [429, TooManyRequests],
]);
