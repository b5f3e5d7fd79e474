import "../shared/schema/locale.ts";
import * as z from "zod/mini";
import { parse, SchemaError } from "../shared/schema/describe_issues.ts";
import { MAX_DEPTH } from "../shared/schema/json_depth.ts";
import { AdmissionRequest } from "./admission_request.ts";
import { exceeds } from "./json_size.ts";

/** What an AdmissionReview is called, in the question as in the answer. */
export const REVIEW = { apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview" } as const;

/** Twice what the largest TenantConfig has, with 16,384 reservations before and after. */
const MAX_VALUES = 300_000;

const AdmissionReview = z.object({
  apiVersion: z.literal(REVIEW.apiVersion),
  kind: z.literal(REVIEW.kind),
  request: AdmissionRequest,
});

/**
 * Reads the body of an admission request.
 *
 * @throws {SyntaxError} when it is not JSON in UTF-8, or nested too deeply
 * @throws {SchemaError} when it is no AdmissionReview
 */
export function parseReview(body: Uint8Array): AdmissionRequest {
  if (exceeds(body, { levels: MAX_DEPTH, commas: MAX_VALUES })) {
    const limits = `${MAX_DEPTH} levels of objects and lists, or ${MAX_VALUES} values`;
    throw new SyntaxError(`AdmissionReview: more than ${limits}`);
  }
  const { request } = parse(AdmissionReview, parseJson(body), "AdmissionReview");
  return request;
}

/**
 * Checks that the object is of the kind that its resource has. All kinds that are judged here have the usual plural.
 *
 * @throws {SchemaError} when it is not
 */
export function checkKind({ kind: { group, kind }, resource }: AdmissionRequest): void {
  if (group === resource.group && `${kind.toLowerCase()}s` === resource.resource) return;
  const reason = `${kind} is not the kind of ${resource.resource}`;
  throw new SchemaError("AdmissionReview", [{ field: "request.kind", reason }]);
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch (cause) {
    throw new SyntaxError("AdmissionReview: not JSON in UTF-8", { cause });
  }
}
