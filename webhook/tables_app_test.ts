import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Buffer } from "node:buffer";
import { applyPatch } from "rfc6902";
import { NETWORK_TABLE } from "../tests/integration/webhook/cases/network_table.ts";
import { MIGRATION, type NetworkCase, type Spec } from "../tests/integration/webhook/cases/network_case.ts";
import { TENANT_CONFIG_CASES } from "../tests/integration/webhook/cases/tenant_configs.ts";
import { TENANT_NETWORK_CHANGES } from "../tests/integration/webhook/cases/tenant_network_changes.ts";
import { TENANT_NETWORK_CREATIONS } from "../tests/integration/webhook/cases/tenant_networks.ts";
import { isAbout } from "../tests/support/webhook/assert_verdict.ts";
import { device, tenantConfig } from "../tests/integration/webhook/cases/tenant_case.ts";
import { ORIGINAL_CASES } from "../tests/integration/crd_cases/original_cases.ts";
import { NETWORK_KINDS } from "../shared/schema/network.ts";
import { MemoryCluster } from "../tests/support/webhook/memory_cluster.ts";
import { AppUnderTest } from "../tests/support/webhook/admission_app.ts";
import {
  clusterOf as networkClusterOf,
  requestOf as networkRequestOf,
} from "../tests/support/webhook/judge_in_process.ts";
import { clusterOf, requestOf } from "../tests/support/webhook/review_tenants.ts";
import type { AdmissionRequest } from "./admission_request.ts";
import { createJudges } from "./judges.ts";
import { REVIEW } from "./review.ts";

interface Response {
  readonly uid: string;
  readonly allowed: boolean;
  readonly patch?: string;
  readonly status?: { code: number; message: string; details: { causes: { field: string }[] } };
}

/** Asks both webhooks as an API server does: what the first makes of the object goes to the second. */
async function ask(app: AppUnderTest, request: AdmissionRequest): Promise<Response> {
  if (request.operation === "DELETE") return await post(app, "/validate", request);
  const mutated = await post(app, "/mutate", request);
  if (!mutated.allowed) return mutated;
  const object = structuredClone(request.object);
  const patch = JSON.parse(Buffer.from(mutated.patch ?? "W10=", "base64").toString());
  assertEquals(applyPatch(object, patch).filter((failure) => failure !== null), []);
  return await post(app, "/validate", { ...request, object });
}

async function post(app: AppUnderTest, path: string, request: AdmissionRequest): Promise<Response> {
  const { status, document } = await app.post(path, { ...REVIEW, request });
  assertEquals([status, document.apiVersion, document.kind], [200, REVIEW.apiVersion, REVIEW.kind]);
  assertEquals(document.response.uid, request.uid);
  return document.response;
}

function assertAnswer(
  { allowed, status }: Response,
  of: { operation: string; denied?: readonly { field: string; says?: string }[] },
): void {
  const { operation, denied = [] } = of;
  assertEquals(allowed, denied.length === 0, status?.message);
  if (denied.length > 0) assertEquals(status?.code, operation === "DELETE" ? 403 : 422);
  for (const { field, says = "" } of denied) {
    assertStringIncludes(status?.message ?? "", says);
    assert(status?.details.causes.some((cause) => isAbout(cause.field, field)), `${field}: ${status?.message}`);
  }
}

/** TenantNetworks get what they are on from TenantConfigs: the cases of other tables are about that. */
function concernsNoTenant({ kind, operation }: NetworkCase): boolean {
  return kind !== "TenantNetwork" || operation === "DELETE";
}

function withOption(object: unknown, option: Record<string, unknown>): unknown {
  const { spec, ...rest } = structuredClone(object) as { spec: { Options?: object } };
  return { ...rest, spec: { ...spec, Options: { ...spec.Options, ...option } } };
}

/** What an original's object is judged beside: tenants may have everything that the examples name. */
const TENANTS = tenantConfig("tenants", {
  hostDevices: [device("ens4"), device("ens5")],
  networkIds: { flannel: "flannel" },
});

Deno.test("a stored network stays editable, whatever is wrong with it", async () => {
  const networks = NETWORK_TABLE.filter(({ operation }) => operation === "CREATE");
  assert(networks.length > 500);
  for (const of of networks) {
    const { object: oldObject, ...request } = networkRequestOf(of);
    const object = withOption(oldObject, { mtu: 1234 });
    const app = new AppUnderTest(createJudges({ random: () => 0 }), { cluster: networkClusterOf(of) });
    const { allowed, status } = await ask(app, { ...request, operation: "UPDATE", object, oldObject });
    assert(allowed, `${of.kind} ${of.name}: ${status?.message}`);
  }
});

Deno.test("the original's objects are taken over by the migration, and stay editable", async (t) => {
  const cases = ORIGINAL_CASES.flatMap((one) =>
    NETWORK_KINDS.filter((kind) => kind === one.kind).map((kind) => ({ ...one, kind }))
  );
  assert(cases.length >= 5);
  for (const { name, kind, object } of cases) {
    await t.step(`${kind}: ${name}`, async () => {
      const { spec } = object as { spec: Spec };
      const of: NetworkCase = { name, kind, operation: "CREATE", spec, user: MIGRATION };
      const app = new AppUnderTest(createJudges({ random: () => 0 }), { cluster: new MemoryCluster([TENANTS]) });
      assertAnswer(await ask(app, networkRequestOf(of)), of);
      const { object: oldObject, ...request } = networkRequestOf({ ...of, user: "kubernetes-admin" });
      const changed = {
        ...request,
        operation: "UPDATE",
        object: withOption(oldObject, { mtu: 1234 }),
        oldObject,
      } as const;
      assertAnswer(await ask(app, changed), changed);
    });
  }
});

Deno.test("AdmissionReviews of networks get the answers of the table", async (t) => {
  for (const of of NETWORK_TABLE.filter(concernsNoTenant)) {
    await t.step(`${of.operation} ${of.kind}: ${of.name}`, async () => {
      const app = new AppUnderTest(createJudges({ random: () => 0 }), { cluster: networkClusterOf(of) });
      assertAnswer(await ask(app, networkRequestOf(of)), of);
    });
  }
});

Deno.test("AdmissionReviews of what concerns tenants get the answers of the tables", async (t) => {
  for (const of of [...TENANT_NETWORK_CREATIONS, ...TENANT_NETWORK_CHANGES, ...TENANT_CONFIG_CASES]) {
    await t.step(`${of.operation}: ${of.name}`, async () => {
      const app = new AppUnderTest(createJudges({ random: () => 0 }), { cluster: clusterOf(of) });
      assertAnswer(await ask(app, requestOf(of)), of);
    });
  }
});
