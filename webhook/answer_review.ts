import { Buffer } from "node:buffer";
import { abortable } from "../shared/abortable.ts";
import { messageOf } from "../shared/errors.ts";
import { ApiError } from "../shared/kube/api_error.ts";
import type { Logger } from "../shared/log.ts";
import type { AdmissionRequest } from "./admission_request.ts";
import { deadlineMs } from "./deadline.ts";
import { jsonPatch } from "./json_patch.ts";
import type { JudgeContext } from "./judge.ts";
import { mutateInTurn, validateAtOnce } from "./judge_request.ts";
import type { Judge } from "./judge.ts";
import type { Judges } from "./judges.ts";
import type { Outcome } from "./metrics.ts";
import { renderDenial, renderFailure, renderWarnings } from "./render_answer.ts";
import { checkKind, parseReview, REVIEW } from "./review.ts";
import { ACCEPTED, type Verdict } from "./verdict.ts";

/** Which of the two webhooks was called. */
export type Webhook = "mutate" | "validate";

/** What answering takes. */
export interface AdmissionDeps extends Omit<JudgeContext, "signal"> {
  readonly judges: Judges;
}

/** What is answered, and how it is counted. */
export interface Answer {
  readonly status: 200 | 400 | 413 | 415 | 429 | 500 | 503 | 504;
  readonly body: object;
  readonly outcome: Outcome;
  /** As `<plural>.<group>`; absent unless there are judges for it. */
  readonly resource?: string;
  readonly operation?: string;
}

/**
 * Answers one AdmissionReview. Never throws: what is no AdmissionReview is a 400, what could not be judged a 5xx.
 *
 * @param call.timeout how long the caller waits, as Go writes durations
 */
export async function answerReview(
  body: Uint8Array,
  call: { readonly webhook: Webhook; readonly timeout: string | undefined },
  deps: AdmissionDeps,
): Promise<Answer> {
  let request: AdmissionRequest;
  let judges: readonly Judge[];
  try {
    request = parseReview(body);
    judges = judgesOf(request, { webhook: call.webhook, all: deps.judges });
    if (judges.length > 0) checkKind(request);
  } catch (error) {
    return { status: 400, body: renderFailure(400, messageOf(error)), outcome: "malformed" };
  }
  const { uid, name, namespace, operation, dryRun, userInfo } = request;
  const key = keyOf(request);
  const counted = { ...(Object.hasOwn(deps.judges, key) ? { resource: key } : {}), operation };
  const { webhook } = call;
  const log = deps.log.with({
    uid,
    webhook,
    resource: key,
    operation,
    namespace,
    name,
    dryRun,
    user: userInfo.username,
  });
  const answer = await judge({ request, judges, call }, { ...deps, log });
  return { ...answer, ...counted };
}

interface Question {
  readonly request: AdmissionRequest;
  readonly judges: readonly Judge[];
  readonly call: { readonly webhook: Webhook; readonly timeout: string | undefined };
}

async function judge({ request, judges, call }: Question, deps: AdmissionDeps): Promise<Answer> {
  const { log, cluster, namingScheme = "" } = deps;
  const ending = new AbortController();
  const timeoutMs = deadlineMs(call.timeout);
  const timer = setTimeout(() => ending.abort(new Error(`no verdict within ${timeoutMs} ms`)), timeoutMs);
  const { signal } = ending;
  try {
    const ask = call.webhook === "mutate" ? mutateInTurn : validateAtOnce;
    const verdict = judges.length === 0
      ? ACCEPTED
      : await abortable(ask(judges, request, { cluster, log, namingScheme, signal }), signal);
    const { denials } = verdict;
    if (denials.length === 0) log.debug("allowed");
    else log.info("denied", { denials: denials.slice(0, 10) });
    return {
      status: 200,
      body: { ...REVIEW, response: responseOf(request, verdict) },
      outcome: denials.length === 0 ? "allowed" : "denied",
    };
  } catch (error) {
    return failureOf(error, { signal, log });
  } finally {
    clearTimeout(timer);
    // What goes on in the background for a request that was answered has nobody to work for.
    ending.abort(new Error("the request was answered"));
  }
}

/** Judges know objects, not what becomes of parts of them: subresources are nobody's concern. */
function judgesOf(request: AdmissionRequest, { webhook, all }: { webhook: Webhook; all: Judges }): readonly Judge[] {
  const key = keyOf(request);
  if (request.subResource || !Object.hasOwn(all, key)) return [];
  return all[key]?.[webhook] ?? [];
}

/** As the registry of judges has it. */
function keyOf({ resource: { group, resource } }: AdmissionRequest): string {
  return group === "" ? resource : `${resource}.${group}`;
}

/** @see https://kubernetes.io/docs/reference/config-api/apiserver-admission.v1/#admission-k8s-io-v1-AdmissionResponse */
function responseOf(request: AdmissionRequest, { denials, warnings, object }: Verdict): object {
  const { uid } = request;
  const said = warnings.length === 0 ? {} : { warnings: renderWarnings(warnings) };
  if (denials.length > 0) return { uid, allowed: false, status: renderDenial(request, denials), ...said };
  const patch = object === undefined ? [] : jsonPatch(request.object, object);
  if (patch.length === 0) return { uid, allowed: true, ...said };
  return {
    uid,
    allowed: true,
    patchType: "JSONPatch",
    patch: Buffer.from(JSON.stringify(patch)).toString("base64"),
    ...said,
  };
}

function failureOf(error: unknown, { signal, log }: { signal: AbortSignal; log: Logger }): Answer {
  const text = messageOf(error);
  if (signal.aborted) {
    log.warn("timeout", { error: text });
    return { status: 504, body: renderFailure(504, text), outcome: "timeout" };
  }
  if (error instanceof ApiError) {
    log.warn("the API server did not answer as it should", { error: text });
    return { status: 503, body: renderFailure(503, text), outcome: "error" };
  }
  log.error("judging failed", { error: text, stack: error instanceof Error ? error.stack : undefined });
  return { status: 500, body: renderFailure(500, "an error of the webhook; its log has more"), outcome: "error" };
}
