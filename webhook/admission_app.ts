import { type Context, Hono } from "hono";
import { messageOf } from "../shared/errors.ts";
import type { Logger } from "../shared/log.ts";
import type { AdmissionBudget, AdmissionShare } from "./admission_budget.ts";
import { type AdmissionDeps, type Answer, answerReview, type Webhook } from "./answer_review.ts";
import type { Metrics } from "./metrics.ts";
import { BodyTooLarge, readBody } from "./read_body.ts";
import { renderFailure } from "./render_answer.ts";

/**
 * Longest body that is read: what is to be stored comes as large as the API server takes a request (3 MiB), what is
 * stored as large as etcd keeps it (1.5 MiB, more as JSON than as it is stored), and something around them.
 */
export const MAX_BODY_BYTES = 8 * 1024 * 1024;

/** Seconds after which whoever was sent away comes again. The API server does, within the request's time. */
const RETRY_AFTER_SECONDS = 1;

/** What the application needs. */
export interface AdmissionAppDeps extends AdmissionDeps {
  readonly budget: AdmissionBudget;
  readonly metrics: Metrics;
  readonly log: Logger;
}

/**
 * Answers the API server: `POST /mutate` and `POST /validate`. Every verdict is a 200. Anything else says that there
 * is no verdict, and leaves it to the webhook configuration's `failurePolicy` what becomes of the request.
 */
export function createAdmissionApp(deps: AdmissionAppDeps): Hono {
  const app = new Hono();
  for (const webhook of ["mutate", "validate"] as const) {
    app.post(`/${webhook}`, (context) => answer(context, webhook, deps));
  }
  app.notFound((context) => context.json(renderFailure(404, "POST /mutate or /validate"), 404));
  app.onError((error, context) => {
    deps.log.error("request", { error: messageOf(error), stack: error.stack });
    return context.json(renderFailure(500, "an error of the webhook; its log has more"), 500);
  });
  return app;
}

async function answer(context: Context, webhook: Webhook, deps: AdmissionAppDeps): Promise<Response> {
  const started = performance.now();
  const { status, body, outcome, resource = "", operation = "" } = await decide(context, webhook, deps);
  const seconds = (performance.now() - started) / 1000;
  deps.metrics.count({ webhook, resource, operation, outcome, seconds });
  if (outcome === "malformed" || outcome === "overload") {
    deps.log.warn("no admission request", { webhook, status, body });
  }
  if (status === 429) context.header("Retry-After", String(RETRY_AFTER_SECONDS));
  return context.json(body, status);
}

async function decide({ req }: Context, webhook: Webhook, deps: AdmissionAppDeps): Promise<Answer> {
  if (req.header("content-type")?.split(";")[0]?.trim().toLowerCase() !== "application/json") {
    return malformed(415, "Content-Type must be application/json");
  }
  const announced = Number(req.header("content-length") ?? 0);
  if (!(announced <= MAX_BODY_BYTES)) return malformed(413, `body: more than ${MAX_BODY_BYTES} bytes`);
  using share = deps.budget.open();
  try {
    const bytes = await readBody(req.raw, { maxBytes: MAX_BODY_BYTES, mayKeep: (count) => keep(share, count) });
    if (!bytes || !share.takeRequest()) {
      return { status: 429, body: renderFailure(429, "too many admission requests at once"), outcome: "overload" };
    }
    return await answerReview(bytes, { webhook, timeout: req.query("timeout") }, deps);
  } catch (error) {
    if (error instanceof BodyTooLarge) return malformed(413, error.message);
    return malformed(400, `body: ${messageOf(error)}`);
  }
}

/** Whoever is sent away gives back what was kept of the body, while the rest still comes. */
function keep(share: AdmissionShare, bytes: number): boolean {
  const isTaken = share.takeBytes(bytes);
  if (!isTaken) share[Symbol.dispose]();
  return isTaken;
}

function malformed(status: 400 | 413 | 415, message: string): Answer {
  return { status, body: renderFailure(status, message), outcome: "malformed" };
}
