import { assertEquals, assertStringIncludes } from "@std/assert";
import { type AnnotatedCase, interfaces } from "../../tests/integration/webhook/annotated_case.ts";
import { NETWORKS } from "../../tests/integration/webhook/annotated_networks.ts";
import { pod, service } from "../../tests/integration/webhook/annotated_world.ts";
import { assertWarnings, requestOf } from "../../tests/integration/webhook/judging.ts";
import { POD_CASES } from "../../tests/integration/webhook/pod_cases/all.ts";
import { SERVICE_CASES } from "../../tests/integration/webhook/service_cases.ts";
import { WORKLOADS } from "../../tests/integration/webhook/workloads.ts";
import { AppUnderTest } from "../../tests/support/webhook/admission_app.ts";
import { MemoryCluster } from "../../tests/support/webhook/memory_cluster.ts";
import type { AdmissionRequest } from "../admission_request.ts";
import { createJudges } from "../judges.ts";
import { REVIEW } from "../review.ts";

interface Response {
  readonly allowed: boolean;
  readonly uid: string;
  readonly status?: { code: number; message: string; details: { causes: { field: string }[] } };
  readonly warnings?: string[];
}

const POD = { group: "", kind: "Pod", plural: "pods" };
const SERVICE = { group: "", kind: "Service", plural: "services" };

async function ask(app: AppUnderTest, request: AdmissionRequest): Promise<Response> {
  const { status, document } = await app.post("/validate", { ...REVIEW, request });
  assertEquals([status, document.apiVersion, document.kind], [200, REVIEW.apiVersion, REVIEW.kind]);
  assertEquals(document.response.uid, request.uid);
  return document.response;
}

function assertAnswer({ allowed, status, warnings = [] }: Response, { denied = [], warned = [] }: AnnotatedCase): void {
  assertEquals([allowed, status?.code], denied.length === 0 ? [true, undefined] : [false, 422]);
  assertEquals(status?.details.causes.map(({ field }) => field) ?? [], denied.map(([field]) => field));
  for (const [field, reason] of denied) {
    assertStringIncludes(status?.message ?? "", field);
    assertStringIncludes(status?.message ?? "", reason);
  }
  assertWarnings(warnings, warned);
}

Deno.test("reviews of annotated objects get the answers of the tables", async (t) => {
  const app = new AppUnderTest(createJudges({ random: Math.random }), { cluster: new MemoryCluster(NETWORKS) });
  const tables = [[POD, POD_CASES, pod], [SERVICE, SERVICE_CASES, service]] as const;
  for (const [resource, cases, render] of tables) {
    for (const one of cases) {
      await t.step(`${resource.kind}: ${one.name}`, async () => {
        const { namespace = "apps" } = one;
        assertAnswer(await ask(app, requestOf(resource, { namespace, object: render(one) })), one);
      });
    }
  }
  for (const workload of WORKLOADS) {
    await t.step(workload.kind, async () => {
      const object = workload.render({ name: "", annotations: interfaces([{ network: "later", ip: "dynamic" }]) });
      const { allowed, warnings = [] } = await ask(app, requestOf(workload, { object }));
      assertEquals(allowed, true);
      assertWarnings(warnings, ["DanmNet apps/later does not exist"]);
    });
  }
});

Deno.test("the webhook's naming scheme gets to who judges Pods", async () => {
  const entries = [{ network: "v4", ip: "dynamic" }, { network: "prefixed" }, { network: "prefixed" }];
  const request = requestOf(POD, { object: pod({ name: "", annotations: interfaces(entries) }) });
  const allowed = await Promise.all((["awesome", "legacy"] as const).map(async (namingScheme) => {
    const app = new AppUnderTest(createJudges({ random: Math.random }), {
      cluster: new MemoryCluster(NETWORKS),
      namingScheme,
    });
    return (await ask(app, request)).allowed;
  }));
  assertEquals(allowed, [true, false]);
});
