import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { AnnotatedCase } from "../../tests/integration/webhook/annotated_case.ts";
import { interfaces } from "../../tests/integration/webhook/annotated_case.ts";
import { NETWORKS } from "../../tests/integration/webhook/annotated_networks.ts";
import { assertVerdict, contextOf, requestOf } from "../../tests/integration/webhook/judging.ts";
import { POD_CASES } from "../../tests/integration/webhook/pod_cases/all.ts";
import { MemoryCluster } from "../../tests/support/webhook/memory_cluster.ts";
import type { AdmissionRequest } from "../admission_request.ts";
import { ACCEPTED } from "../verdict.ts";
import { judgePod } from "./judge_pod.ts";

function podRequest({ annotations, namespace = "apps", spec }: AnnotatedCase): AdmissionRequest {
  const object = { metadata: { name: "one", namespace, annotations }, spec: { containers: [], ...spec } };
  return requestOf({ group: "", kind: "Pod", plural: "pods" }, { namespace, object });
}

const MALFORMED = podRequest({ name: "malformed", annotations: interfaces("eth0") });
const STATIC = podRequest({ name: "static", annotations: interfaces([{ network: "v4", ip: "10.3.0.9" }]) });

Deno.test("Pods are denied what they can never have, and warned of what is not there yet", async (t) => {
  const context = contextOf();
  for (const one of POD_CASES) {
    await t.step(one.name, async () => assertVerdict(await judgePod(podRequest(one), context), one));
  }
});

Deno.test("only what creates a Pod is judged", async (t) => {
  const object = MALFORMED.object;
  const requests: Record<string, Partial<AdmissionRequest>> = {
    "an update": { operation: "UPDATE", oldObject: object },
    "a deletion": { operation: "DELETE", object: null, oldObject: object },
    "a subresource": { subResource: "ephemeralcontainers" },
  };
  for (const [name, request] of Object.entries(requests)) {
    await t.step(name, async () => assertEquals(await judgePod({ ...MALFORMED, ...request }, contextOf()), ACCEPTED));
  }
});

Deno.test("names follow the naming scheme of the cluster", async (t) => {
  const twice = [{ network: "v4", ip: "dynamic" }, { network: "prefixed" }, { network: "prefixed" }];
  const long = [{ network: "v4", ip: "dynamic" }, { network: "too-long" }];
  const is = "interface name net is given twice: by DanmNet apps/prefixed and by DanmNet apps/prefixed";
  const cases = [
    { scheme: "awesome", entries: twice, denied: undefined },
    { scheme: "legacy", entries: twice, denied: is },
    { scheme: "awesome", entries: long, denied: "has 16 bytes" },
    { scheme: "legacy", entries: long, denied: undefined },
  ] as const;
  for (const { scheme, entries, denied } of cases) {
    await t.step(`${scheme}, ${denied ?? "accepted"}`, async () => {
      const request = podRequest({ name: "", annotations: interfaces(entries) });
      const { denials } = await judgePod(request, contextOf(undefined, { namingScheme: scheme }));
      assertEquals(denials.length, denied === undefined ? 0 : 1);
      assertStringIncludes(denials[0]?.reason ?? "", denied ?? "");
    });
  }
});

Deno.test("a link of the Pod cannot be called lo", async () => {
  const cluster = new MemoryCluster(NETWORKS);
  cluster.put({
    kind: "DanmNet",
    metadata: { name: "loop", namespace: "apps" },
    spec: { Options: { container_prefix: "lo" } },
  });
  const request = podRequest({
    name: "",
    annotations: interfaces([{ network: "v4", ip: "dynamic" }, { network: "loop" }]),
  });
  const { denials } = await judgePod(request, contextOf(cluster, { namingScheme: "legacy" }));
  assertStringIncludes(denials[0]?.reason ?? "", "would be called lo");
});

Deno.test("a stored network that makes no sense is others' to mend: the Pod is warned", async (t) => {
  const broken: Record<string, [spec: Record<string, unknown>, warning: string]> = {
    "no form": [{ Options: { vlan: "x" } }, "DanmNet apps/v4: spec.Options.vlan"],
    "a subnet that is none": [{ Options: { cidr: "10.2.0.0" } }, "DanmNet apps/v4: spec.Options.cidr"],
    "a pool outside": [
      { Options: { cidr: "10.2.0.0/24", allocation_pool: { start: "10.9.0.1" } } },
      "DanmNet apps/v4: spec.Options.allocation_pool.start",
    ],
  };
  for (const [name, [spec, warning]] of Object.entries(broken)) {
    await t.step(name, async () => {
      const cluster = new MemoryCluster([{ kind: "DanmNet", metadata: { name: "v4", namespace: "apps" }, spec }]);
      const verdict = await judgePod(STATIC, contextOf(cluster));
      assertVerdict(verdict, { name, annotations: {}, warned: [`danm.io/interfaces[0]: ${warning}`] });
    });
  }
});

Deno.test("of a ClusterNetwork that makes no sense nothing is told: not everybody may read it", async () => {
  const spec = { AllowedTenants: ["others"], Options: { vlan: "secret" } };
  const cluster = new MemoryCluster([{ kind: "ClusterNetwork", metadata: { name: "hidden" }, spec }]);
  const request = podRequest({ name: "", annotations: interfaces([{ clusterNetwork: "hidden" }]) });
  const { denials, warnings } = await judgePod(request, contextOf(cluster));
  assertEquals(denials, []);
  const reason = "cannot be used until an administrator mends it";
  assertEquals(warnings, [`danm.io/interfaces[0]: ClusterNetwork hidden: ${reason}`]);
});

Deno.test("a network is read once, however often a Pod names it", async () => {
  const cluster = new MemoryCluster(NETWORKS);
  const reads: string[] = [];
  const counting = Object.assign(Object.create(cluster) as MemoryCluster, {
    findNetwork: (...[ref, signal]: Parameters<MemoryCluster["findNetwork"]>) => {
      reads.push(`${ref.kind} ${ref.name}`);
      return cluster.findNetwork(ref, signal);
    },
  });
  const entries = Array.from({ length: 200 }, (_, index) => ({ network: index % 2 ? "v4" : "dual", ip: "dynamic" }));
  await judgePod(podRequest({ name: "", annotations: interfaces(entries) }), contextOf(counting));
  assertEquals(reads, ["DanmNet dual", "DanmNet v4"]);
});

Deno.test("a fault of ours or of the API server stops no Pod", async (t) => {
  const unavailable = { findNetwork: () => Promise.reject(new Error("GET /apis: 503 ServiceUnavailable")) };
  const cases: Record<string, [request: AdmissionRequest, cluster: MemoryCluster, why: string]> = {
    "the API server does not answer": [STATIC, Object.assign(new MemoryCluster(), unavailable), "503"],
    "the Pod is none": [{ ...STATIC, object: { metadata: { annotations: ["x"] } } }, new MemoryCluster(), "metadata"],
    "there is no Pod": [{ ...STATIC, object: undefined }, new MemoryCluster(), "Pod"],
  };
  for (const [name, [request, cluster, why]] of Object.entries(cases)) {
    await t.step(name, async () => {
      const lines: string[] = [];
      const { denials, warnings } = await judgePod(request, contextOf(cluster, { lines }));
      assertEquals([denials, warnings.length, lines.length], [[], 1, 1]);
      assertStringIncludes(warnings[0] ?? "", "DANM could not check its annotations");
      assertStringIncludes(lines[0] ?? "", why);
    });
  }
});

Deno.test("a Pod waits neither for longer than its request nor for long", async (t) => {
  // Deaf to its signal, as a connection can be.
  const cluster = Object.assign(new MemoryCluster(), { findNetwork: () => new Promise<undefined>(() => {}) });
  const over = new AbortController();
  const contexts = { "its request": contextOf(cluster, { signal: over.signal }), "for long": contextOf(cluster) };
  for (const [name, context] of Object.entries(contexts)) {
    await t.step(name, async () => {
      const started = performance.now();
      const judged = judgePod(STATIC, context);
      over.abort(new Error("the time is over"));
      const { denials, warnings } = await judged;
      assertEquals([denials, warnings.length], [[], 1]);
      assertStringIncludes(warnings[0] ?? "", "DANM could not check its annotations");
      assert(performance.now() - started < 5_000);
    });
  }
});
