import { assertEquals } from "@std/assert";
import { createLogger } from "../../shared/log.ts";
import { valueAt } from "../../shared/schema/value_at.ts";
import { type Manifest, MemoryCluster } from "../../tests/support/webhook/memory_cluster.ts";
import { reviewOf } from "../../tests/support/webhook/reviews.ts";
import { AdmissionRequest } from "../admission_request.ts";
import type { StoredObject } from "../cluster.ts";
import { createTenantNetworkMutation } from "./mutate_tenant_network.ts";

const CONFIG: Manifest = {
  kind: "TenantConfig",
  metadata: { name: "bench" },
  hostDevices: [{ name: "ens9", vniType: "vxlan", vniRange: "5000-5001" }],
};

function tenantNetwork(name: string, vxlan?: number): Manifest {
  const Options = { host_device: "ens9", cidr: "10.0.0.0/24", ...(vxlan === undefined ? {} : { vxlan }) };
  const spec = { NetworkID: name, NetworkType: "ipvlan", Options };
  return { kind: "TenantNetwork", metadata: { name, namespace: "default" }, spec };
}

/** Another network gets the first VNI just after it was found free, as through another replica. */
class Overtaken extends MemoryCluster {
  #reads = 0;

  override async listTenantConfigs(signal: AbortSignal): Promise<StoredObject[]> {
    const configs = await super.listTenantConfigs(signal);
    if (this.#reads++ === 0) {
      this.put(tenantNetwork("faster", 5000));
      const reservations = [{ device: "ens9", vniType: "vxlan", vni: 5000, network: "default/faster" }];
      this.put({ ...CONFIG, status: { reservations } });
    }
    return configs;
  }
}

Deno.test("a VNI that another network gets between choice and judgement is no reason to refuse: the next one is taken", async () => {
  const judge = createTenantNetworkMutation({ random: () => 0 });
  const object = tenantNetwork("late");
  const review = reviewOf({
    resource: "tenantnetworks.danm.io",
    kind: "TenantNetwork",
    object,
    namespace: "default",
    name: "late",
  });
  const verdict = await judge(AdmissionRequest.parse(review["request"]), {
    cluster: new Overtaken([CONFIG]),
    log: createLogger(() => undefined),
    signal: new AbortController().signal,
  });
  assertEquals(verdict.denials, []);
  assertEquals(valueAt(verdict.object, "spec.Options.vxlan"), 5001);
});
