import { assertEquals, assertRejects } from "@std/assert";
import { TooManyRequests } from "../../shared/kube/api_error.ts";
import { parseNetwork } from "../../shared/schema/network.ts";
import { device, held, tenantConfig } from "../../tests/integration/webhook/cases/tenant_case.ts";
import { type ClusterFault, FaultyCluster } from "../../tests/support/webhook/faulty_cluster.ts";
import { MemoryCluster } from "../../tests/support/webhook/memory_cluster.ts";
import { reservedIn } from "../../tests/support/webhook/review_tenants.ts";
import type { Plan } from "./plan_assignment.ts";
import { VniReserver } from "./vni_reserver.ts";

const CONFIG = tenantConfig("a", { hostDevices: [device("ens4", "vlan", "700-799")] });

function network(name: string): ReturnType<typeof parseNetwork> {
  return parseNetwork("TenantNetwork", {
    metadata: { namespace: "default", name },
    spec: { NetworkType: "ipvlan", NetworkID: "n", Options: { host_device: "ens4" } },
  });
}

function vlanOf(plan: Plan): number | undefined {
  return "assignment" in plan ? plan.assignment.vni?.vni : undefined;
}

interface Replica {
  readonly writes: { count: number };
  readonly reserve: (name: string, signal?: AbortSignal) => Promise<number | undefined>;
}

/** A replica on a cluster whose writes fail as they are told, one after the other. */
function replica(
  memory: MemoryCluster,
  faults: ClusterFault[] = [],
  beforeWrite: (write: number) => void = () => undefined,
): Replica {
  const writes = { count: 0 };
  const cluster = new FaultyCluster(memory, {
    travel: () => Promise.resolve(),
    fault: () => {
      beforeWrite(++writes.count);
      return faults.shift();
    },
  });
  const reserver = new VniReserver({ random: () => 0, sleep: () => Promise.resolve() });
  return {
    writes,
    reserve: async (name: string, signal = new AbortController().signal) =>
      vlanOf(await reserver.reserve(network(name), { cluster, signal })),
  };
}

Deno.test("claims that come during a write share the next one", async () => {
  const memory = new MemoryCluster([CONFIG]);
  const { reserve, writes } = replica(memory);
  const vlans = await Promise.all(Array.from({ length: 50 }, (_, index) => reserve(`n${index}`)));
  assertEquals(vlans.toSorted(), Array.from({ length: 50 }, (_, index) => 700 + index));
  assertEquals(writes.count, 2);
});

Deno.test("replicas that write at the same time decide again", async () => {
  const memory = new MemoryCluster([CONFIG]);
  const replicas = [replica(memory), replica(memory), replica(memory)];
  const vlans = await Promise.all(replicas.map(({ reserve }, index) => reserve(`n${index}`)));
  assertEquals(vlans.toSorted(), [700, 701, 702]);
});

Deno.test("two claims for one name get one VNI", async () => {
  const memory = new MemoryCluster([CONFIG]);
  const [one, other] = [replica(memory), replica(memory)];
  assertEquals(await Promise.all([one.reserve("n"), other.reserve("n"), one.reserve("n")]), [700, 700, 700]);
  assertEquals(await reservedIn(memory), ["a: ens4 vlan 700 default/n"]);
});

Deno.test("a claim that shares another one's reservation waits until that is written", async () => {
  const memory = new MemoryCluster([CONFIG]);
  const { reserve } = replica(memory, [], (write) => {
    if (write === 2) {
      const faster = [held("ens4", "vlan", 700, "default/first"), held("ens4", "vlan", 701, "default/faster")];
      memory.put({ ...CONFIG, status: { reservations: faster } });
    }
  });
  // The second and third claim are together in a round, whose write loses.
  assertEquals(await Promise.all([reserve("first"), reserve("n"), reserve("n")]), [700, 702, 702]);
});

Deno.test("a write whose answer was lost is found again", async () => {
  const memory = new MemoryCluster([CONFIG]);
  const { reserve } = replica(memory, ["lost"]);
  assertEquals(await reserve("n"), 700);
  assertEquals(await reservedIn(memory), ["a: ens4 vlan 700 default/n"]);
});

Deno.test("a refusal of the API server is an error, and the next claim is served", async () => {
  const memory = new MemoryCluster([CONFIG]);
  const { reserve } = replica(memory, ["refused"]);
  await assertRejects(() => reserve("n"), TooManyRequests);
  assertEquals(await reservedIn(memory), []);
  assertEquals(await reserve("n"), 700);
});

Deno.test("whoever does not wait any more is answered at once and reserves nothing", async () => {
  const memory = new MemoryCluster([CONFIG]);
  const { reserve } = replica(memory);
  const gone = AbortSignal.abort(new Error("gone"));
  await assertRejects(() => reserve("n", gone), Error, "gone");
  assertEquals(await reserve("m"), 700);
  assertEquals(await reservedIn(memory), ["a: ens4 vlan 700 default/m"]);
});

Deno.test("a TenantConfig that sorts first takes new reservations, and those in later ones count", async () => {
  const memory = new MemoryCluster([CONFIG]);
  const { reserve } = replica(memory);
  assertEquals(await reserve("n"), 700);
  memory.put(tenantConfig("0", { hostDevices: [device("ens4", "vlan", "699-705")] }));
  assertEquals([await reserve("m"), await reserve("o"), await reserve("n")], [699, 701, 700]);
  assertEquals(await reservedIn(memory), [
    "0: ens4 vlan 699 default/m",
    "0: ens4 vlan 701 default/o",
    "a: ens4 vlan 700 default/n",
  ]);
});

Deno.test("conditions and foreign entries of the status stay", async () => {
  const status = { reservations: [held("ens9", "vxlan", 5, "x/y")], conditions: [{ type: "Other" }] };
  const memory = new MemoryCluster([{ ...CONFIG, status }]);
  assertEquals(await replica(memory).reserve("n"), 700);
  const [config] = await memory.listTenantConfigs(new AbortController().signal);
  assertEquals(config?.status, {
    ...status,
    reservations: [...status.reservations, held("ens4", "vlan", 700, "default/n")],
  });
});
