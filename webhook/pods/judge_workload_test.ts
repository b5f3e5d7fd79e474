import { assertEquals } from "@std/assert";
import { type AnnotatedCase, interfaces } from "../../tests/integration/webhook/annotated_case.ts";
import { assertWarnings, contextOf, requestOf } from "../../tests/integration/webhook/judging.ts";
import { POD_CASES } from "../../tests/integration/webhook/pod_cases/all.ts";
import { MemoryCluster } from "../../tests/support/webhook/memory_cluster.ts";
import { type Workload, WORKLOADS } from "../../tests/integration/webhook/workloads.ts";
import type { AdmissionRequest } from "../admission_request.ts";
import { ACCEPTED } from "../verdict.ts";
import { judgeWorkload } from "./judge_workload.ts";

const LATER = { name: "later", annotations: interfaces([{ network: "later", ip: "dynamic" }]) };
const SAYS = ["danm.io/interfaces[0]: DanmNet apps/later does not exist"];

function workloadRequest(
  workload: Workload,
  one: AnnotatedCase,
  request: Partial<AdmissionRequest> = {},
): AdmissionRequest {
  return requestOf(workload, { namespace: one.namespace ?? "apps", object: workload.render(one), ...request });
}

Deno.test("whatever a Pod would be denied or warned of, its workload is warned of", async (t) => {
  for (const [index, one] of POD_CASES.entries()) {
    const workload = WORKLOADS[index % WORKLOADS.length];
    if (!workload || one.name.startsWith("the mirror")) continue;
    await t.step(`${workload.kind}: ${one.name}`, async () => {
      const { denials, warnings } = await judgeWorkload(workloadRequest(workload, one), contextOf());
      const said = [...(one.denied ?? []).map(([, reason]) => reason), ...one.warned ?? []];
      assertEquals([denials, warnings.length > 0], [[], said.length > 0], JSON.stringify(warnings));
    });
  }
});

Deno.test("workloads of every kind are judged when they come, and when what is read of their template changes", async (t) => {
  const fine = { ...LATER, annotations: {} };
  for (const workload of WORKLOADS) {
    await t.step(workload.kind, async () => {
      const judge = async (request: AdmissionRequest): Promise<readonly string[]> =>
        (await judgeWorkload(request, contextOf())).warnings;
      const update = (before: AnnotatedCase, after: AnnotatedCase): AdmissionRequest =>
        workloadRequest(workload, after, { operation: "UPDATE", oldObject: workload.render(before) });
      assertWarnings(await judge(workloadRequest(workload, LATER)), SAYS);
      assertWarnings(await judge(update(fine, LATER)), SAYS);
      assertWarnings(await judge(update(LATER, LATER)), []);
      assertWarnings(await judge(update(LATER, fine)), []);
      assertWarnings(await judge(update({ ...LATER, spec: { hostNetwork: true } }, LATER)), SAYS);
    });
  }
});

Deno.test("a workload that another one made, deletions and scaling are not judged", async (t) => {
  const [workload] = WORKLOADS;
  if (!workload) throw new Error("no workloads");
  const object = workload.render(LATER);
  const owned = { ...object, metadata: { ownerReferences: [{ kind: "CronJob", name: "c", controller: true }] } };
  const requests: Record<string, Partial<AdmissionRequest>> = {
    "made by another": { object: owned },
    "deleted": { operation: "DELETE", object: null, oldObject: object },
    "scaled": { subResource: "scale" },
    "of kube-system": { namespace: "kube-system" },
    "without template": { object: { metadata: {}, spec: {} } },
  };
  for (const [name, request] of Object.entries(requests)) {
    await t.step(name, async () => {
      assertEquals(await judgeWorkload(workloadRequest(workload, LATER, request), contextOf()), ACCEPTED);
    });
  }
  const shared = { ...object, metadata: { ownerReferences: [{ kind: "App", name: "a" }] } };
  const { warnings } = await judgeWorkload(workloadRequest(workload, LATER, { object: shared }), contextOf());
  assertWarnings(warnings, SAYS);
});

Deno.test("a fault of ours or of the API server stops no workload", async () => {
  const cluster = Object.assign(new MemoryCluster(), { findNetwork: () => Promise.reject(new Error("503")) });
  for (const workload of WORKLOADS) {
    const { denials, warnings } = await judgeWorkload(workloadRequest(workload, LATER), contextOf(cluster));
    assertEquals([denials, warnings], [[], [
      "DANM could not check its annotations; the log of the webhook has the reason",
    ]]);
  }
});
