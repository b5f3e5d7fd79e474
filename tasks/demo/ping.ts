import { familyOf } from "./expectation.ts";
import type { AttachedPod } from "./attach.ts";
import type { Screen } from "./screen.ts";

/** Somebody on a network: what a ping needs of a sandbox. */
export interface Member {
  readonly pod: string;
  readonly node: string;
  readonly network: string;
  readonly interface: string;
  /** Without prefix lengths. */
  readonly addresses: readonly string[];
}

/** One ping, from a member of a network to an address of another one on another node. */
export interface Ping {
  readonly network: string;
  readonly from: Member;
  readonly to: Member;
  readonly family: 4 | 6;
  readonly target: string;
}

/** The members of all networks. */
export function membersOf(attached: readonly AttachedPod[]): Member[] {
  return attached.flatMap(({ pod, attachments }) =>
    attachments.map(({ network, got }) => ({
      pod: pod.name,
      node: pod.node.name,
      network: network.metadata.name,
      interface: got.name,
      addresses: got.addresses.map((address) => address.replace(/\/.*/, "")),
    }))
  );
}

/** Every pair of members of a network that are on different nodes, once for each family that both have; by network. */
export function planPings(members: readonly Member[]): Ping[] {
  const sorted = members.toSorted((a, b) => a.network.localeCompare(b.network));
  return sorted.flatMap((from, at) =>
    sorted.slice(at + 1)
      .filter((to) => to.network === from.network && to.node !== from.node)
      .flatMap((to) =>
        ([4, 6] as const).flatMap((family) => {
          const target = to.addresses.find((address) => familyOf(address) === family);
          const has = from.addresses.some((address) => familyOf(address) === family);
          return target !== undefined && has ? [{ network: from.network, from, to, family, target }] : [];
        })
      )
  );
}

/** What came of a ping. */
export interface PingResult {
  readonly ping: Ping;
  /** Average round trip in milliseconds; undefined when no answer came. */
  readonly ms: number | undefined;
  /** The last line that ping printed. */
  readonly said: string;
}

/** Reads what `ping` of iputils printed. */
export function parsePing(stdout: string): Pick<PingResult, "ms" | "said"> {
  const [, average] = /^rtt [^=]*= [\d.]+\/([\d.]+)\//m.exec(stdout) ?? [];
  const said = stdout.trim().split("\n").find((line) => line.includes("packet loss")) ?? stdout.trim();
  return { ms: average === undefined ? undefined : Number(average), said };
}

/** Sends all pings at once, each from the sandbox's own interface. */
export async function runPings(attached: readonly AttachedPod[], pings: readonly Ping[]): Promise<PingResult[]> {
  return await Promise.all(pings.map(async (ping): Promise<PingResult> => {
    const from = attached.find(({ pod }) => pod.name === ping.from.pod);
    if (!from) throw new TypeError(`${ping.from.pod} is not attached`);
    const { node, netns } = from.sandbox;
    const flags = [`-${ping.family}`, "-n", "-c", "3", "-i", "0.2", "-W", "5", "-I", ping.from.interface];
    const result = await node.run(["nsenter", `--net=${netns}`, "ping", ...flags, ping.target], { check: false });
    return { ping, ...parsePing(result.stdout + result.stderr) };
  }));
}

/** Shows pings, a line for each pair, and checks that each was answered. */
export function showPings(results: readonly PingResult[], screen: Screen): void {
  const pairs = new Map<string, PingResult[]>();
  for (const result of results) {
    const { network, from, to } = result.ping;
    const key = `${network} ${from.pod} ${to.pod}`;
    pairs.set(key, [...pairs.get(key) ?? [], result]);
  }
  const rows = [...pairs.values()].flatMap((pair) => {
    const [first] = pair;
    if (!first) return [];
    const { network, from, to } = first.ping;
    const cells = ([4, 6] as const).map((family) => describe(pair.find(({ ping }) => ping.family === family)));
    return [[network, `${from.pod} (${from.node})`, `${to.pod} (${to.node})`, from.interface, ...cells]];
  });
  screen.table([["NETWORK", "FROM", "TO", "OVER", "IPV4", "IPV6"], ...rows]);
  const unanswered = results.filter(({ ms }) => ms === undefined);
  const lost = unanswered.map(({ ping, said }) => `${ping.from.pod} to ${ping.target} over ${ping.network}: ${said}`);
  const what = `${results.length - lost.length} of ${results.length} pings across the nodes were answered`;
  screen.check(results.length > 0 && lost.length === 0, [what, ...lost].join("; "));
}

function describe(result: PingResult | undefined): string {
  if (!result) return "-";
  return result.ms === undefined ? "no answer" : `${result.ms.toFixed(2)} ms`;
}
