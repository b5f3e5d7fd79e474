import { assertEquals, assertStringIncludes } from "@std/assert";
import { Metrics } from "./metrics.ts";
import { createOperationsApp } from "./operations_app.ts";
import { Readiness } from "./readiness.ts";

Deno.test("a replica is ready from when it has everything until it is told to end", async () => {
  const readiness = new Readiness();
  const app = createOperationsApp({ metrics: new Metrics(() => 0), readiness });
  const look = async (): Promise<[number, string]> => {
    const response = await app.request("/readyz");
    return [response.status, await response.text()];
  };
  assertEquals(await look(), [503, "no certificate yet\nno cluster yet"]);
  readiness.meet("certificate");
  assertEquals(await look(), [503, "no cluster yet"]);
  readiness.meet("cluster");
  assertEquals(await look(), [200, "ok"]);
  readiness.stop();
  assertEquals(await look(), [503, "shutting down"]);
  assertEquals((await app.request("/livez")).status, 200);
});

Deno.test("metrics are in Prometheus' format", async () => {
  const metrics = new Metrics(() => 7);
  const app = createOperationsApp({ metrics, readiness: new Readiness() });
  const count = {
    webhook: "mutate",
    resource: "pods",
    operation: "CREATE",
    outcome: "allowed",
    seconds: 0.002,
  } as const;
  metrics.count(count);
  metrics.count(count);
  const text = await (await app.request("/metrics")).text();
  assertStringIncludes(text, "danm_webhook_admissions_in_flight 7");
  assertStringIncludes(
    text,
    'danm_webhook_admissions_total{webhook="mutate",resource="pods",operation="CREATE",outcome="allowed"} 2',
  );
  assertStringIncludes(
    text,
    'danm_webhook_admission_duration_seconds_bucket{le="0.0025",webhook="mutate",resource="pods"} 2',
  );
  assertStringIncludes(text, "# TYPE process_resident_memory_bytes gauge");
});
