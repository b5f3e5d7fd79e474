import { messageOf } from "../errors.ts";
import type { ApiFailure, Effect, StatusDetails, Verb } from "./api_error.ts";

/** The request that failed, and where it went. */
export interface SentRequest {
  readonly verb: Verb;
  /** Path and query, without the server. */
  readonly path: string;
  readonly server: string;
}

interface Status {
  readonly kind: "Status";
  readonly message?: string;
  readonly reason?: string;
  readonly details?: StatusDetails;
}

const REASONS: ReadonlyMap<number, string> = new Map([
  [400, "BadRequest"],
  [401, "Unauthorized"],
  [403, "Forbidden"],
  [405, "MethodNotAllowed"],
  [406, "NotAcceptable"],
  [408, "RequestTimeout"],
  [409, "Conflict"],
  [410, "Gone"],
  [413, "RequestEntityTooLarge"],
  [415, "UnsupportedMediaType"],
  [422, "Invalid"],
  [429, "TooManyRequests"],
  [500, "InternalError"],
  [502, "BadGateway"],
  [503, "ServiceUnavailable"],
  [504, "Timeout"],
]);

/** Said by an API server that has not started completely, before it looks at the request (KEP-3028). */
const STARTING = "the request has been made before all known HTTP paths have been installed";
/** What Deno throws before it opens a connection: key and certificate of two pairs, a forbidden port. */
const UNSENT = /keys may not be consistent|requests to port \d+ are blocked/i;
/** A text without end (an HTML page of a proxy) is cut to so many characters. */
const TEXT_LIMIT = 300;

/**
 * Reads what a server answered instead of success: a Status object, or whatever a proxy in between made up.
 *
 * @param answer status, headers and whole text of the answer; a body that broke off is given as far as it came
 */
export function failureOfAnswer(
  sent: SentRequest,
  answer: { readonly status: number; readonly headers: Headers; readonly body: string },
): ApiFailure {
  const { status } = answer;
  const said = parseStatus(answer.body);
  const retryAfterMs = retryAfter(answer.headers.get("retry-after")) ?? seconds(said?.details?.retryAfterSeconds);
  const failure = { verb: sent.verb, path: sent.path, status, retryAfterMs };
  if (!said) {
    const reason = unsignedReason(answer);
    return { ...failure, reason, text: excerpt(answer), effect: effectOf(sent.verb, status, "") };
  }
  return {
    ...failure,
    reason: said.reason || REASONS.get(status) || (status === 404 ? "NotFound" : "Unknown"),
    text: said.message ?? "",
    effect: effectOf(sent.verb, status, said.message ?? ""),
    details: said.details,
  };
}

/** Reads what `fetch` threw when there was no answer. `aborted` is the caller's signal, if that ended the request. */
export function failureOfError(
  sent: SentRequest,
  error: unknown,
  aborted: { readonly reason: unknown; readonly afterMs: number } | undefined,
): ApiFailure {
  const failure = { verb: sent.verb, path: sent.path, status: 0, cause: error };
  if (aborted) {
    const text = `${sent.server} has not answered within ${Math.round(aborted.afterMs)} ms: ${
      messageOf(aborted.reason)
    }`;
    return { ...failure, reason: "Aborted", text, effect: sent.verb === "GET" ? "none" : "unknown" };
  }
  // Deno wraps what the transport said into a bare "fetch failed".
  const text = messageOf(error instanceof Error && error.cause instanceof Error ? error.cause : error);
  const connect = text.match(/client error \(Connect\): (.*)$/s)?.[1];
  if (connect !== undefined) {
    const reason = /certificate/i.test(connect) ? "Misconfigured" : "ConnectionFailed";
    return { ...failure, reason, text: `${sent.server}: ${connect}`, effect: "none" };
  }
  if (UNSENT.test(text)) {
    return { ...failure, reason: "Misconfigured", text: `${sent.server}: ${text}`, effect: "none" };
  }
  const effect = sent.verb === "GET" ? "none" : "unknown";
  return { ...failure, reason: "ConnectionLost", text: `${sent.server}: ${text}`, effect };
}

/**
 * Whether the answer proves that nothing was done. A 5xx proves nothing (etcd may have written before the API server
 * gave up), but that of a starting API server; 408 comes from proxies that may have passed the request on.
 */
function effectOf(verb: Verb, status: number, message: string): Effect {
  if (verb === "GET") return "none";
  if (status === 503) return message.startsWith(STARTING) ? "none" : "unknown";
  return status >= 300 && status < 500 && status !== 408 ? "none" : "unknown";
}

function parseStatus(body: string): Status | undefined {
  if (!body.startsWith("{")) return undefined;
  try {
    const value = JSON.parse(body);
    return value?.kind === "Status" ? value : undefined;
  } catch {
    // A Status that was cut off still has its text; it is shown as it came.
    return undefined;
  }
}

/** The API server's router says this, without a Status, for a kind that it does not serve. */
function unsignedReason(answer: { readonly status: number; readonly headers: Headers; readonly body: string }): string {
  if (answer.status !== 404) return REASONS.get(answer.status) ?? "Unknown";
  return answer.body.trim() === "404 page not found" ? "NotFound" : "NotFromTheApiServer";
}

function excerpt({ headers, body }: { readonly headers: Headers; readonly body: string }): string {
  const type = headers.get("content-type")?.split(";")[0] ?? "no content type";
  const text = body.replace(/<(style|script)[\s\S]*?<\/\1>|<[^>]*>/gi, " ").replace(/\s+/g, " ").trim();
  if (text === "") return `empty answer (${type})`;
  return `${text.length > TEXT_LIMIT ? `${text.slice(0, TEXT_LIMIT)}…` : text} (${type}, not a Status object)`;
}

/**
 * Milliseconds of a Retry-After header: seconds, or a date. Undefined when there is none or it makes no sense.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
 */
export function retryAfter(header: string | null, now: () => number = Date.now): number | undefined {
  if (header === null) return undefined;
  if (/^\s*\d+\s*$/.test(header)) return seconds(Number(header));
  // Left to itself, Date.parse takes "-3" for a year.
  const date = /[a-z]{3}/i.test(header) ? Date.parse(header) : NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now());
}

function seconds(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) && value >= 0 ? value * 1000 : undefined;
}
