import { CommandError, type Run } from "../shared/host/run.ts";
import type { Logger } from "../shared/log.ts";

/** Kinds of links that networks need, and how one of each is made on the link `p0`. */
const PROBES = {
  ipvlan: "link add name l0 link p0 type ipvlan mode l2",
  macvlan: "link add name l0 link p0 type macvlan mode bridge",
  vlan: "link add name l0 link p0 type vlan id 2",
  vxlan: "link add name l0 type vxlan id 2 dstport 4789 dev p0",
} as const;

/** A kind of link. */
export type LinkKind = keyof typeof PROBES;

/** Which kinds of links a node's kernel can make. */
export type Abilities = Readonly<Record<LinkKind, boolean>>;

/** Loading a module from a slow disk takes a while. */
const PROBE_MS = 20_000;

/**
 * Finds out what kinds of links the kernel can make, by making one of each in a network namespace that goes with the
 * command. The kernel loads modules for that, as it would for a Pod.
 *
 * @throws {CommandError} when nothing can be tried: no right to make network namespaces, or no veth
 */
export async function probeAbilities(
  { run, log, signal }: { run: Run; log: Logger; signal: AbortSignal },
): Promise<Abilities> {
  const timed = AbortSignal.any([signal, AbortSignal.timeout(PROBE_MS)]);
  const batch = async (...lines: string[]): Promise<void> => {
    await run(["unshare", "--net", "ip", "-batch", "-"], { stdin: `${lines.join("\n")}\n`, signal: timed });
  };
  const parent = "link add name p0 type veth peer name p1";
  await batch(parent);
  const found = { ipvlan: false, macvlan: false, vlan: false, vxlan: false };
  for (const [kind, probe] of Object.entries(PROBES) as [LinkKind, string][]) {
    try {
      await batch(parent, probe);
      found[kind] = true;
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      log.info("the kernel makes no such links", { kind, error: error.stderr.trim() });
    }
  }
  return found;
}

/** The labels of a Node that tell it. */
export function renderAbilityLabels(abilities: Abilities): Record<string, string> {
  return Object.fromEntries(Object.entries(abilities).map(([kind, able]) => [`danm.io/${kind}`, String(able)]));
}

/** What takes these labels off a Node. */
export const NO_ABILITY_LABELS: Readonly<Record<string, null>> = Object.fromEntries(
  Object.keys(PROBES).map((kind) => [`danm.io/${kind}`, null]),
);
