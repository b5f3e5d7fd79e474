import { assertEquals, assertStringIncludes } from "@std/assert";
import { type AnnotatedCase, at } from "../../tests/integration/webhook/annotated_case.ts";
import { assertVerdict, contextOf, requestOf } from "../../tests/integration/webhook/judging.ts";
import { SERVICE_CASES } from "../../tests/integration/webhook/service_cases.ts";
import { MemoryCluster } from "../../tests/support/webhook/memory_cluster.ts";
import type { AdmissionRequest } from "../admission_request.ts";
import { ACCEPTED } from "../verdict.ts";
import { judgeService } from "./judge_service.ts";

type Fields = Readonly<Record<string, unknown>>;

function service(
  { annotations, namespace = "apps", spec, metadata }: Partial<AnnotatedCase> & { metadata?: Fields },
): Fields {
  return { metadata: { name: "one", namespace, annotations, ...metadata }, spec: { type: "ClusterIP", ...spec } };
}

function serviceRequest(one: Partial<AnnotatedCase>, request: Partial<AdmissionRequest> = {}): AdmissionRequest {
  const { namespace = "apps" } = one;
  return requestOf({ group: "", kind: "Service", plural: "services" }, { namespace, object: service(one), ...request });
}

Deno.test("Services are denied annotations that nobody can read, and warned of those without effect", async (t) => {
  for (const one of SERVICE_CASES) {
    await t.step(one.name, async () => assertVerdict(await judgeService(serviceRequest(one), contextOf()), one));
  }
});

const GOOD = { "danm.io/selector": '{"app": "web"}', "danm.io/network": "v4" };
const BAD = { ...GOOD, "danm.io/selector": "app" };
const GONE = { ...GOOD, "danm.io/network": "gone" };
const DENIED = [[at("", "danm.io/selector"), "not JSON"]] as const;

Deno.test("of a Service that is changed only what changed is denied", async (t) => {
  const cases: (AnnotatedCase & { before: Partial<AnnotatedCase>; metadata?: Fields })[] = [
    { name: "a selector is broken", before: { annotations: GOOD }, annotations: BAD, denied: DENIED },
    { name: "an annotation comes, broken", before: {}, annotations: BAD, denied: DENIED },
    { name: "a broken one is mended", before: { annotations: BAD }, annotations: GOOD },
    { name: "our annotations go", before: { annotations: BAD }, annotations: {} },
    {
      name: "something else of a broken one",
      before: { annotations: BAD },
      annotations: BAD,
      spec: { ports: [{ port: 80 }] },
    },
    {
      name: "labels of one without its network",
      before: { annotations: GONE },
      annotations: GONE,
      metadata: { labels: { a: "b" } },
    },
    {
      name: "the network of one whose selector was broken before",
      before: { annotations: BAD },
      annotations: { ...BAD, "danm.io/network": "gone" },
      warned: ["danm.io/selector: not JSON", "DanmNet apps/gone does not exist"],
    },
    {
      name: "a selector of Kubernetes comes",
      before: { annotations: GOOD },
      annotations: GOOD,
      spec: { selector: { app: "web" } },
      warned: ["beside spec.selector"],
    },
    {
      name: "the selector of Kubernetes in another order",
      before: { annotations: GOOD, spec: { selector: { b: "1", a: "2" } } },
      annotations: GOOD,
      spec: { selector: { a: "2", b: "1" } },
    },
    {
      name: "the type changes",
      before: { annotations: GOOD },
      annotations: GOOD,
      spec: { type: "ExternalName" },
      warned: ["ExternalName"],
    },
    {
      name: "a finalizer of one that is being deleted",
      before: { annotations: GOOD },
      annotations: BAD,
      metadata: { deletionTimestamp: "2026-01-01T00:00:00Z" },
    },
    {
      name: "the prefix, while the fault stays",
      before: { annotations: { ...GOOD, "danm.io/selector": "x" } },
      annotations: { "danm.k8s.io/selector": "x", "danm.io/network": "v4" },
      denied: [[at("", "danm.k8s.io/selector"), "not JSON"]],
    },
  ];
  for (const one of cases) {
    await t.step(one.name, async () => {
      const request = { operation: "UPDATE", oldObject: service(one.before), object: service(one) } as const;
      assertVerdict(await judgeService(serviceRequest(one, request), contextOf()), one);
    });
  }
});

Deno.test("neither deletions nor subresources of Services are judged", async () => {
  const deletion = { operation: "DELETE", object: null, oldObject: service({ annotations: BAD }) } as const;
  assertEquals(await judgeService(serviceRequest({}, deletion), contextOf()), ACCEPTED);
  const status = serviceRequest({ annotations: BAD }, { subResource: "status" });
  assertEquals(await judgeService(status, contextOf()), ACCEPTED);
});

Deno.test("a fault of ours or of the API server stops no Service", async () => {
  const cluster = Object.assign(new MemoryCluster(), { findNetwork: () => Promise.reject(new Error("503")) });
  const lines: string[] = [];
  const { denials, warnings } = await judgeService(
    serviceRequest({ annotations: GOOD }),
    contextOf(cluster, { lines }),
  );
  assertEquals([denials, warnings, lines.length], [[], [
    "DANM could not check its annotations; the log of the webhook has the reason",
  ], 1]);
  assertStringIncludes(lines[0] ?? "", '"kind":"Service"');
});
