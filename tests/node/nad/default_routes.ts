/** Whose default routes a Pod has whose plugins set them, each as if it was alone. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { inside } from "../../support/delegates/delegate_lab.ts";
import { MAKES_LINK } from "../../support/delegates/scripted_delegate.ts";
import { defaultRoutes, POD_NETWORK, type World } from "./world.ts";

/** One is asked for with a gateway, with an empty list, or not at all. */
export async function defaultRoute({ nads }: World): Promise<void> {
  const interfaces = POD_NETWORK;
  const gateways = ["10.154.0.77", "fd00:154::77"];
  const cases: { networks: object[]; defaults: string[] }[] = [
    { networks: [{ name: "br" }], defaults: ["10.150.0.1 eth0", "fd00:150::1 eth0"] },
    {
      networks: [{ name: "gw" }, { name: "gw", "default-route": gateways }],
      defaults: ["10.154.0.77 net2", "fd00:154::77 net2"],
    },
    {
      networks: [{ name: "gw", "default-route": gateways.slice(1) }],
      defaults: ["10.150.0.1 eth0", "fd00:154::77 net1"],
    },
    {
      networks: [{ name: "gw", "default-route": [] }, { name: "br" }],
      defaults: ["10.154.0.1 net1", "fd00:154::1 net1"],
    },
  ];
  for (const { networks, defaults } of cases) {
    const { sandbox, result } = await nads.attach({ networks, interfaces });
    assertEquals(await defaultRoutes(sandbox), defaults, JSON.stringify(networks));
    const told = result.routes.filter(({ dst }) => dst.endsWith("/0")).map(({ gw }) => gw);
    const gone = told.filter((gw) => !defaults.some((line) => line.startsWith(`${gw} `)));
    assertEquals(gone, [], "the result has no route that is not there");
    assertStringIncludes(await inside(sandbox, "ip", "route", "show"), "10.9.0.0/16 via 10.150.0.2 dev eth0");
    const checked = await nads.danm.call(sandbox, "CHECK", nads.with({ conf: { prevResult: result } }));
    assertEquals([checked.code, checked.document], [0, undefined]);
    await nads.detach(sandbox);
  }
}

/** Both plugins set one, in any order; the loser leaves its own out, or sets it first. */
export async function firstDefaultRoute({ nads }: World): Promise<void> {
  const interfaces = [{ network: "pool", ip: "dynamic" }];
  const { sandbox } = await nads.attach({ networks: "gw@second,gw@third", interfaces });
  assertEquals(await defaultRoutes(sandbox), ["10.154.0.1 second", "fd00:154::1 second"]);
  await nads.detach(sandbox);
}

/** The kernel refuses to replace the first of two default routes by one that stands behind it. */
export async function routeInFront({ nads, scripted }: World): Promise<void> {
  const before = [
    'ip_in_pod() { nsenter --net="$CNI_NETNS" ip "$@"; }',
    "for _ in $(seq 100); do ip_in_pod route show default dev second 2>&1 | grep -q via && break; sleep 0.05; done",
    MAKES_LINK,
    "ip_in_pod addr add 10.161.0.2/24 dev third && ip_in_pod link set third up",
    "ip_in_pod route prepend default via 10.161.0.1 dev third || exit 9",
  ].join("\n");
  const prints = JSON.stringify({
    cniVersion: "1.0.0",
    interfaces: [{ name: "third", sandbox: "any" }],
    ips: [{ address: "10.161.0.2/24", interface: 0 }],
    routes: [{ dst: "0.0.0.0/0", gw: "10.161.0.1" }],
  });
  await scripted.behave({ ADD: { before, prints } });
  const interfaces = [{ network: "pool", ip: "dynamic" }];
  const { sandbox } = await nads.attach({ networks: "gw@second,told@third", interfaces });
  assertEquals(await defaultRoutes(sandbox), ["10.154.0.1 second", "fd00:154::1 second"]);
  await nads.detach(sandbox);
  await scripted.behave({});
}
