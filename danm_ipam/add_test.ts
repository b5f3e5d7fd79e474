import { assertEquals, assertRejects } from "@std/assert";
import { toCniError } from "../shared/cni/to_cni_error.ts";
import type { DanmIpSpec } from "../shared/schema/danm_ip.ts";
import { AllocationWorld } from "../tests/support/ipam/allocation_world.ts";
import { withServer } from "../tests/support/kube/with_client.ts";
import { add, type AddRequest } from "./add.ts";
import { parseIpamConf } from "./ipam_conf.ts";

const POD = { metadata: { name: "web", namespace: "default", uid: "p1" }, spec: { nodeName: "node-1" } };
const NETWORK = {
  metadata: { name: "wide" },
  spec: { NetworkID: "wide", Options: { cidr: "10.0.0.0/30", net6: "fd00::/64", routes: { "0.0.0.0/0": "10.0.0.1" } } },
};

function request(changes: Partial<AddRequest> = {}): AddRequest {
  return {
    cniVersion: "1.0.0",
    networkName: "by-danm",
    containerID: "c1",
    netns: "/run/netns/a",
    ifname: "net1",
    args: "",
    path: [],
    conf: {},
    ipam: parseIpamConf({ ipam: { type: "danm-ipam", kubeconfig: "/k", clusterNetwork: "wide" } }),
    identity: { namespace: "default", name: "web", uid: "p1" },
    requests: [],
    hostname: "host",
    startedAt: 1000,
    signal: new AbortController().signal,
    ...changes,
  };
}

/** ADDs, one after the other, against an API server that has the Pod and the network. */
async function adding(
  world: AllocationWorld,
  use: (run: (changes?: Partial<AddRequest>) => ReturnType<typeof add>) => Promise<void>,
): Promise<void> {
  await withServer(
    ({ path }) => ({ status: 200, body: path.includes("/pods/") ? POD : NETWORK }),
    async ({ client }) => {
      await use((changes) => add(request(changes), { ...world.nodeDeps(), client: () => Promise.resolve(client) }));
    },
  );
}

async function codeOf(promise: Promise<unknown>): Promise<readonly [number, string]> {
  const { code, message } = toCniError(await assertRejects(() => promise), "ADD");
  return [code, message];
}

Deno.test("ADD takes an address of each family and says whose it is", async () => {
  using world = new AllocationWorld();
  await adding(world, async (run) => {
    const { ips, routes, interfaces } = await run({ requests: [{ text: "fd00::7", field: "CNI_ARGS: IP" }] });
    assertEquals(interfaces, undefined);
    assertEquals(ips, [{ address: "10.0.0.2/30", gateway: "10.0.0.1" }, { address: "fd00::7/64" }]);
    assertEquals(routes, [{ dst: "0.0.0.0/0", gw: "10.0.0.1" }]);
    assertEquals(world.held().sort(), ["10.0.0.2", "fd00::7"]);
    for (const { spec } of world.server.objects) {
      const { plugin, podUID, containerID, interface: of, node } = spec as DanmIpSpec;
      assertEquals([plugin, podUID, containerID, of, node], ["danm-ipam", "p1", "c1", "net1", "node-1"]);
    }
    assertEquals(world.recordNames(), ["p1~c1~net1.attached"]);
  });
});

Deno.test("one address that cannot be had releases the other, and leaves the sandbox as if never asked for", async () => {
  using world = new AllocationWorld();
  await world.attach("10.0.0.2", { containerID: "c9", pod: { namespace: "default", name: "db", uid: "p9" } });
  await adding(world, async (run) => {
    const [code, message] = await codeOf(run());
    assertEquals([code, /^pool .* of ClusterNetwork wide is exhausted/.test(message)], [100, true], message);
    assertEquals(world.held(), ["10.0.0.2"]);
    assertEquals(
      world.files(),
      ["locks/c9~eth0", "p9~c9~eth0.attached"].filter((name) => world.files().includes(name)),
    );
    // Nothing keeps the same sandbox from another try.
    const { ips } = await run({ requests: [{ text: "10.0.0.1", field: "runtimeConfig.ips[0]" }] });
    assertEquals(ips?.map(({ address }) => address)[0], "10.0.0.1/30");
  });
});

Deno.test("a newer sandbox of the Pod takes the static address over; the older one's late ADD gives way", async () => {
  using world = new AllocationWorld();
  await adding(world, async (run) => {
    const requests = [{ text: "10.0.0.2", field: "runtimeConfig.ips[0]" }];
    await run({ requests });
    await run({ requests, containerID: "c2", startedAt: 1001 });
    world.now = 1002;
    assertEquals(world.recordNames(), ["p1~c2~net1.attached"]);
    assertEquals(await codeOf(run({ requests })), [104, "sandbox c1 was detached 2 s ago"]);
    assertEquals(await codeOf(run({ requests, containerID: "c0" })), [104, "sandbox c0 is superseded by c2"]);
    assertEquals(world.server.objects.map(({ stored }) => stored.containerID), ["c2", "c2"]);
  });
});
