import { Hono } from "hono";
import type { Metrics } from "./metrics.ts";
import type { Readiness } from "./readiness.ts";

/**
 * Answers the kubelet and Prometheus in plain HTTP: before there is a certificate, and to whoever trusts none of ours.
 *
 * `/livez` only says that the process still gets to its requests: no restart would mend what else can be wrong.
 */
export function createOperationsApp({ metrics, readiness }: { metrics: Metrics; readiness: Readiness }): Hono {
  const app = new Hono();
  app.get("/livez", (context) => context.text("ok"));
  app.get("/readyz", (context) => {
    const { reasons } = readiness;
    return reasons.length === 0 ? context.text("ok") : context.text(reasons.join("\n"), 503);
  });
  app.get("/metrics", async (context) => {
    const { text, contentType } = await metrics.render();
    return context.body(text, 200, { "content-type": contentType });
  });
  return app;
}
