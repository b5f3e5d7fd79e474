import { assert, assertEquals } from "@std/assert";
import { DanmLab } from "../support/danm_lab.ts";
import { DelegateLab, inside } from "../support/delegates/delegate_lab.ts";
import { startLab } from "../support/lab/lab.ts";
import { labTest } from "../support/lab/lab_test_case.ts";

/** Networks that share one segment: each broadcast reaches all interfaces of all Pods. */
const NETWORKS = ["neta", "netb", "netc", "netd"];
const INTERFACES = NETWORKS.map((network) => ({ network, ip: "dynamic" }));

/** What `ip -json neighbour` says of one. */
interface Neighbour {
  readonly dst: string;
  readonly dev: string;
  readonly lladdr?: string;
}

labTest("Pods that have several interfaces on one segment", {}, async (t) => {
  await using lab = await startLab({ nodes: 1, nodeKind: "native" });
  const delegates = new DelegateLab(await DanmLab.install(lab));
  const [node] = lab.nodes;
  assert(node);
  await delegates.define(...NETWORKS.map((name, index) => ({
    name,
    type: "macvlan",
    options: { host_device: node.uplink, cidr: `10.171.${index}.0/24` },
  })));
  const [one, other] = [await delegates.attach(node, INTERFACES), await delegates.attach(node, INTERFACES)];
  await t.step("are found by each address at the interface that has it, and at no other", async () => {
    const expected = [...(await delegates.endpoints(other.sandbox)).values()].map(
      ({ Name, Address = "", MacAddress }) => ({ dev: Name, dst: Address.replace(/\/.*/, ""), lladdr: MacAddress }),
    );
    assertEquals(expected.length, NETWORKS.length);
    for (const { dev, dst } of expected) await inside(one.sandbox, "ping", "-c", "1", "-W", "5", "-I", dev, dst);
    const known: Neighbour[] = JSON.parse(await inside(one.sandbox, "ip", "-json", "-4", "neighbour"));
    assertEquals(byAddress(known.map(({ dev, dst, lladdr }) => ({ dev, dst, lladdr }))), byAddress(expected));
  });
  for (const { sandbox } of [one, other]) await delegates.detach(sandbox);
});

function byAddress<T extends { readonly dst: string }>(neighbours: readonly T[]): T[] {
  return neighbours.toSorted((a, b) => a.dst.localeCompare(b.dst));
}
