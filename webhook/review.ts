import "../shared/schema/locale.ts";
import * as z from "zod/mini";
import { parse } from "../shared/schema/describe_issues.ts";
import { isDeeperThan, MAX_DEPTH } from "../shared/schema/json_depth.ts";
import { AdmissionRequest } from "./admission_request.ts";

/** What an AdmissionReview is called, in the question as in the answer. */
export const REVIEW = { apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview" } as const;

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
  const document = parseJson(body);
  if (isDeeperThan(document, MAX_DEPTH)) {
    throw new SyntaxError(`AdmissionReview: more than ${MAX_DEPTH} levels of objects and lists`);
  }
  return parse(AdmissionReview, document, "AdmissionReview").request;
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch (cause) {
    throw new SyntaxError("AdmissionReview: not JSON in UTF-8", { cause });
  }
}
