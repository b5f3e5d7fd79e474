/** What attached sandboxes are looked at for, in the kernel and in the API. */
import { assertEquals } from "@std/assert";
import type { DanmLab, TestSandbox } from "../../support/danm_lab.ts";

/** Checks the addresses of eth0, with their prefix lengths. */
export async function checkAddresses(sandbox: TestSandbox, addresses: readonly string[]): Promise<void> {
  assertEquals(
    (await inside(sandbox, ["ip", "-json", "address", "show", "eth0"])).flatMap(
      ({ addr_info }: { addr_info: { local: string; prefixlen: number; scope: string }[] }) =>
        addr_info.filter(({ scope }) => scope === "global").map(({ local, prefixlen }) => `${local}/${prefixlen}`),
    ),
    addresses,
  );
}

/** Checks that the network's routes, and no others, lead to gateways. */
export async function checkRoutes(sandbox: TestSandbox): Promise<void> {
  const routes = [
    ...await inside(sandbox, ["ip", "-4", "-json", "route"]),
    ...await inside(sandbox, ["ip", "-6", "-json", "route"]),
  ];
  assertEquals(routes.filter(({ gateway }) => gateway).map(({ dst, gateway }) => `${dst} via ${gateway}`).sort(), [
    "10.9.0.0/16 via 10.130.0.254",
    "default via 10.130.0.1",
    "fd00:9::/48 via fd00:130::1",
  ]);
}

/** Whose the addresses are, in the API; DanmEps are `danm`'s. */
export async function checkHeld(
  { lab }: DanmLab,
  { sandbox: { node, pod, containerID }, addresses }: { sandbox: TestSandbox; addresses: readonly string[] },
): Promise<void> {
  const selector = `--field-selector=spec.containerID=${containerID}`;
  const { items } = JSON.parse(await lab.kubectl(["get", "danmips", selector, "-o", "json"]));
  const specs = (items as { spec: Record<string, unknown> }[]).map(({ spec }) => spec);
  assertEquals(
    specs.map(({ address }) => address).sort(),
    addresses.map((address) => address.replace(/\/.*/, "")).sort(),
  );
  for (const { address: _, ...spec } of specs) {
    assertEquals(spec, {
      space: "cn.wide",
      networkKind: "ClusterNetwork",
      networkNamespace: "",
      networkName: "wide",
      podNamespace: pod.namespace,
      podName: pod.name,
      podUID: pod.uid,
      containerID,
      interface: "eth0",
      node: node.name,
      plugin: "danm-ipam",
    });
  }
  assertEquals(JSON.parse(await lab.kubectl(["get", "danmeps", "-A", "-o", "json"])).items, []);
}

/** cnitool makes up container ids, so it is asked by the Pod. */
export async function countHeld({ lab }: DanmLab, { pod }: TestSandbox): Promise<number> {
  const names = await lab.kubectl(["get", "danmips", `--field-selector=spec.podUID=${pod.uid}`, "-o", "name"]);
  return names.split("\n").filter((name) => name !== "").length;
}

// deno-lint-ignore no-explicit-any
async function inside({ node, netns }: TestSandbox, argv: readonly string[]): Promise<any[]> {
  return JSON.parse((await node.run(["nsenter", `--net=${netns}`, ...argv])).stdout);
}
