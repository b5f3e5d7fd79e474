/**
 * The lab's own network.
 *
 * A lab S has 198.18.S.0/24 and one network namespace with a bridge `br0` (198.18.S.1). The API server and the
 * fault proxies listen there; nodes are ports of the bridge, which passes VLAN tags. One veth pair joins the
 * namespace to the machine's own, routed, not bridged, so that nothing that nodes send to each other gets out:
 *
 *     machine: danmlabS 198.18.S.254 ──── up0 ┐ lab namespace: br0 198.18.S.1 ── node1 198.18.S.11
 *                                             └──────────────────────────────── node2 198.18.S.12
 *
 * So one address of the API server is right for test processes (which stay in the machine's namespace), kubectl
 * and plugins inside nodes. No address of the machine is touched, nothing is forwarded beyond this veth, and
 * labs side by side differ in S.
 */
import { run } from "../run.ts";
import { addressIn, type LabRecord, uplinkName } from "./registry.ts";

/** Host parts of the lab's addresses. */
export const Host = { gateway: 1, firstNode: 11, management: 129, firstManaged: 139, machine: 254 } as const;

/** The path of the lab's namespace. */
export function netnsPath(lab: LabRecord): string {
  return `/run/netns/${lab.name}`;
}

/** Gives a test for slots whose addresses nobody on this machine uses. */
export async function freeSlots(): Promise<(slot: number) => boolean> {
  const { stdout } = await run(["ip", "-4", "route", "show", "table", "all"]);
  return (slot) =>
    !stdout.includes(` 198.${18 + (slot >> 8)}.${slot & 255}.`) &&
    !stdout.includes(`198.${18 + (slot >> 8)}.${slot & 255}.0/24`);
}

/** Makes the lab's namespace, its bridge and its link to the machine. */
export async function createLabNetwork(lab: LabRecord): Promise<void> {
  const machine = addressIn(lab, Host.machine);
  const gateway = addressIn(lab, Host.gateway);
  const uplink = uplinkName(lab);
  await run(["ip", "netns", "add", lab.name]);
  await ipBatch([
    `link add ${uplink} type veth peer name up0 netns ${lab.name}`,
    `address add ${machine}/32 dev ${uplink}`,
    `link set ${uplink} alias ${lab.name} up`,
    `route add ${addressIn(lab, 0)}/24 via ${gateway} dev ${uplink} onlink src ${machine}`,
  ]);
  await ipBatch([
    "link set lo up",
    // Snooping needs a querier to let multicast (VxLAN, neighbour discovery) through.
    "link add br0 type bridge forward_delay 0 stp_state 0 mcast_snooping 0",
    `address add ${gateway}/25 dev br0`,
    "link set br0 up",
    "link set up0 up",
    `route add ${machine}/32 dev up0 src ${gateway}`,
  ], lab.name);
  await setSysctls(lab, { "net.ipv4.ip_forward": "1", "net.bridge.bridge-nf-call-iptables": "0" });
}

/** Runs one `ip -batch`, in a named network namespace when one is given. */
export async function ipBatch(lines: readonly string[], netns?: string): Promise<void> {
  const inside = netns === undefined ? [] : ["-netns", netns];
  await run(["ip", ...inside, "-batch", "-"], { stdin: lines.join("\n") + "\n" });
}

async function setSysctls(lab: LabRecord, values: Record<string, string>): Promise<void> {
  const settings = Object.entries(values).map(([key, value]) => `${key}=${value}`);
  // -e: a kernel without br_netfilter has no such key, and then nothing to switch off.
  await run(["nsenter", `--net=${netnsPath(lab)}`, "sysctl", "-e", "-q", "-w", ...settings]);
}
