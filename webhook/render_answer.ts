import type { AdmissionRequest } from "./admission_request.ts";
import type { Denial } from "./verdict.ts";

/** A `Status` of Kubernetes that says why something failed. */
export interface FailureStatus {
  readonly apiVersion: "v1";
  readonly kind: "Status";
  readonly status: "Failure";
  readonly code: number;
  readonly reason: string;
  readonly message: string;
  readonly details?: {
    readonly name: string;
    readonly group: string;
    readonly kind: string;
    readonly causes: readonly { readonly reason: string; readonly field: string; readonly message: string }[];
  };
}

/** What is too long for a terminal helps nobody, and an object of a megabyte can break a rule in every line. */
const MAX_MESSAGE = 4_000;
const MAX_CAUSES = 50;
/** The API server cuts longer ones. */
const MAX_WARNING = 120;
const MAX_WARNINGS = 20;

const REASONS: ReadonlyMap<number, string> = new Map([
  [400, "BadRequest"],
  [403, "Forbidden"],
  [404, "NotFound"],
  [413, "RequestEntityTooLarge"],
  [415, "UnsupportedMediaType"],
  [422, "Invalid"],
  [429, "TooManyRequests"],
  [500, "InternalError"],
  [503, "ServiceUnavailable"],
  [504, "Timeout"],
]);

/** A failure that is nobody's object's fault, or no answer to any request at all. */
export function renderFailure(code: number, message: string): FailureStatus {
  const reason = REASONS.get(code) ?? "InternalError";
  return { apiVersion: "v1", kind: "Status", status: "Failure", code, reason, message: cut(message, MAX_MESSAGE) };
}

/**
 * The refusal of a request, which reads `<Kind> <namespace/name>: <field>: <reason>; …`. An object is invalid (422);
 * that one may not be deleted (403) says nothing about the object.
 */
export function renderDenial(request: AdmissionRequest, denials: readonly Denial[]): FailureStatus {
  const { kind: { group, kind }, operation } = request;
  const name = nameOf(request);
  const said = denials.map(({ field, reason }) => field === "" ? reason : `${field}: ${reason}`);
  const failure = renderFailure(operation === "DELETE" ? 403 : 422, `${kind} ${name}: ${said.join("; ")}`);
  const causes = denials.slice(0, MAX_CAUSES).map(({ field, reason }) => ({
    reason: "FieldValueInvalid",
    field,
    message: cut(reason, MAX_MESSAGE),
  }));
  return { ...failure, details: { name: request.name ?? "", group, kind, causes } };
}

/** Warnings as the API server takes them: short, in one line, and not too many. */
export function renderWarnings(warnings: readonly string[]): string[] {
  const shown = warnings.slice(0, MAX_WARNINGS).map((warning) => cut(warning, MAX_WARNING));
  return warnings.length > MAX_WARNINGS ? [...shown, `${warnings.length - MAX_WARNINGS} more warnings`] : shown;
}

/** `namespace/name`; what has no name yet is known by the one that it is generated from. */
function nameOf({ name, namespace, object, oldObject }: AdmissionRequest): string {
  const { metadata } = (object ?? oldObject ?? {}) as { metadata?: { name?: unknown; generateName?: unknown } | null };
  const known = [name, metadata?.name, metadata?.generateName].find((one) => typeof one === "string" && one !== "");
  return namespace ? `${namespace}/${known ?? "(no name)"}` : `${known ?? "(no name)"}`;
}

/** Control characters would end up in headers and terminals. */
function cut(text: string, length: number): string {
  // deno-lint-ignore no-control-regex
  const line = text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, " ").toWellFormed();
  return line.length > length ? `${line.slice(0, length - 1).toWellFormed()}…` : line;
}
