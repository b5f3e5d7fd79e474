import type { AddResult, DanmLab, TestSandbox } from "../../tests/support/danm_lab.ts";
import type { Network } from "../../shared/schema/network.ts";
import { type Attachment, familyOf, findDeviations, findNetwork } from "./expectation.ts";
import type { PlacedPod } from "./pods.ts";
import type { Screen } from "./screen.ts";

/** A Pod whose sandbox is attached. */
export interface AttachedPod {
  readonly pod: PlacedPod;
  readonly sandbox: TestSandbox;
  readonly attachments: readonly Attachment[];
  /** How long ADD took as its caller sees it, in milliseconds. */
  readonly ms: number;
}

/**
 * Does what a kubelet and its runtime do, for all Pods at once: makes the sandbox and calls ADD.
 *
 * @throws {Error} with the answer of the plugin when an ADD fails
 */
export async function attachAll(
  danm: DanmLab,
  pods: readonly PlacedPod[],
  networks: readonly Network[],
): Promise<AttachedPod[]> {
  return await Promise.all(pods.map(async (pod): Promise<AttachedPod> => {
    const sandbox = await danm.createSandbox(pod.node, pod);
    const begin = performance.now();
    const result = await danm.add(sandbox);
    const ms = performance.now() - begin;
    return { pod, sandbox, ms, attachments: attachmentsOf(pod, result, networks) };
  }));
}

function attachmentsOf(pod: PlacedPod, result: AddResult, networks: readonly Network[]): Attachment[] {
  return pod.requests.map((request, index) => {
    const network = findNetwork(networks, request);
    if (!network) throw new Error(`there is no ${request.kind} ${request.name}, and ADD of ${pod.name} succeeded`);
    const { name = "", mac = "" } = result.interfaces[index] ?? {};
    const addresses = result.ips.filter((ip) => ip.interface === index).map(({ address }) => address);
    return { index, request, network, got: { name, mac, addresses } };
  });
}

/** Shows what each Pod got, and checks it against what it asked for and against its node's kernel. */
export async function showAttached(attached: readonly AttachedPod[], screen: Screen): Promise<void> {
  screen.table([
    ["POD", "NODE", "INTERFACE", "NETWORK", "TYPE", "IPV4", "IPV6", "MAC"],
    ...attached.flatMap(({ pod, attachments }) =>
      attachments.map(({ network, got }, index) => {
        const where = index === 0 ? [pod.name, pod.node.name] : ["", ""];
        const [v4, v6] = ([4, 6] as const).map((family) => got.addresses.find((each) => familyOf(each) === family));
        return [...where, got.name, network.metadata.name, describeLink(network), v4 ?? "-", v6 ?? "-", got.mac];
      })
    ),
  ]);
  for (const { pod, attachments, ms } of attached) {
    const deviations = attachments.flatMap(findDeviations);
    const what = `${pod.name} has what it asked for (ADD of ${attachments.length} interfaces: ${ms.toFixed(0)} ms)`;
    screen.check(deviations.length === 0, [what, ...deviations].join("; "));
  }
  const all = attached.flatMap(({ attachments }) =>
    attachments.flatMap(({ network, got }) =>
      got.addresses.map((address) => `${network.kind} ${network.metadata.name} ${address}`)
    )
  );
  screen.check(new Set(all).size === all.length, `the ${all.length} addresses are all different`);
  const wrong = (await Promise.all(attached.map(findKernelDeviations))).flat();
  screen.check(wrong.length === 0, ["the kernels of the nodes say the same", ...wrong].join("; "));
}

function describeLink({ spec: { NetworkType: type, Options: { vlan, vxlan } } }: Network): string {
  const on = vlan !== undefined ? ` on VLAN ${vlan}` : vxlan !== undefined ? ` on VxLAN ${vxlan}` : "";
  return `${type}${on}`;
}

interface KernelLink {
  readonly ifname: string;
  readonly flags: readonly string[];
  readonly address?: string;
  readonly addr_info: readonly { readonly local: string; readonly prefixlen: number; readonly scope: string }[];
}

async function findKernelDeviations({ pod, sandbox, attachments }: AttachedPod): Promise<string[]> {
  const { stdout } = await sandbox.node.run(["nsenter", `--net=${sandbox.netns}`, "ip", "-json", "address", "show"]);
  const links = (JSON.parse(stdout) as KernelLink[]).filter(({ ifname }) => ifname !== "lo");
  const describe = (name: string, mac: string, addresses: readonly string[]): string =>
    `${name} ${mac} ${addresses.toSorted().join(" ")}`;
  const kernel = links.map(({ ifname, flags, address = "", addr_info }) => {
    const addresses = addr_info.filter(({ scope }) => scope === "global").map((a) => `${a.local}/${a.prefixlen}`);
    return describe(ifname, address, addresses) + (flags.includes("UP") ? "" : " (down)");
  });
  const result = attachments.map(({ got }) => describe(got.name, got.mac, got.addresses));
  const found = [kernel.toSorted().join(", "), result.toSorted().join(", ")];
  return found[0] === found[1] ? [] : [`${pod.name}: kernel has ${found[0]}; ADD said ${found[1]}`];
}

/** Detaches all at once: DEL, as a runtime calls it when the Pod goes. @throws {Error} when a DEL fails */
export async function detachAll(danm: DanmLab, attached: readonly AttachedPod[], screen: Screen): Promise<void> {
  await Promise.all(attached.map(async ({ pod, sandbox }) => {
    const begin = performance.now();
    await danm.del(sandbox);
    screen.say(`${pod.name} on ${pod.node.name}: DEL took ${(performance.now() - begin).toFixed(0)} ms`);
  }));
}
