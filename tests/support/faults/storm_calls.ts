/** How a runtime calls the plugins of a storm: `danm`, or the reference macvlan with the addresses of `danm-ipam`. */
import type { DanmLab, TestSandbox } from "../danm_lab.ts";
import { callingWithIpam, findPlugin } from "../danm_ipam_lab.ts";
import type { Node } from "../lab/node.ts";
import type { RunningCommand } from "../run.ts";
import { CommandGate } from "./command_gate.ts";
import type { Through } from "./storm_kill.ts";
import type { PlannedPod, StormPlugin } from "./storm_plan.ts";

/** The ClusterNetwork of a storm. */
export const STORM_NETWORK = "storm";
/** Calls that can be killed at one of their commands at the same time. */
const GATES = 4;

/** A sandbox of a storm. */
export interface StormSandbox extends TestSandbox {
  readonly plan: PlannedPod;
}

/** The plugins of a storm, as a runtime calls them. */
export class StormCalls {
  readonly #plugins: Readonly<Record<StormPlugin, DanmLab>>;

  private constructor(plugins: Readonly<Record<StormPlugin, DanmLab>>) {
    this.#plugins = plugins;
  }

  /** Puts something in front of macvlan: what that starts has its standard error, and would seem to be it. */
  static async create(danm: DanmLab): Promise<StormCalls> {
    const macvlan = { type: "macvlan", master: danm.lab.nodes[0]?.uplink };
    const ipam = callingWithIpam(danm, macvlan, { clusterNetwork: STORM_NETWORK });
    const executable = `${danm.lab.dir}/storm-macvlan`;
    const script = `#!/bin/sh\nexec "${findPlugin(danm.cniPath, "macvlan")}" 2>/dev/null\n`;
    await Deno.writeTextFile(executable, script, { mode: 0o755 });
    const quiet = danm.calling({ executable, conf: (node, options) => ipam.conf(node, options) });
    return new StormCalls({ danm, "danm-ipam": quiet });
  }

  /** Starts a call of the plugin that attaches the sandbox. */
  async start(
    { sandbox, verb, through = {} }: { sandbox: StormSandbox; verb: "ADD" | "DEL"; through?: Through },
  ): Promise<RunningCommand> {
    const { plugin, interfaces: [first] } = sandbox.plan;
    const { kubeconfig, gate } = through;
    const { path, env } = gate?.options ?? {};
    return await this.#plugins[plugin].start(sandbox, verb, {
      ...(plugin === "danm-ipam" && { conf: { ipam: { ip6: "none", ...first } } }),
      ...(kubeconfig !== undefined && { kubeconfig }),
      ...(path !== undefined && { path }),
      // What ADD found in CNI_PATH stands in its record, where others find it: a gate there would kill them.
      ...(env && (plugin === "danm-ipam" || verb === "DEL") && { env }),
    });
  }
}

/** Gates for the commands of both plugins. */
export async function createGates(danm: DanmLab): Promise<CommandGate[]> {
  const plugins = Object.fromEntries(
    ["macvlan", "danm-ipam"].map((name) => [name, findPlugin(danm.cniPath, name)]),
  );
  const dirs = Array.from({ length: GATES }, (_, index) => `${danm.lab.dir}/storm-gate-${index}`);
  return await Promise.all(dirs.map((dir) => CommandGate.create(dir, { cniPath: danm.cniPath, plugins })));
}

/** What a sandbox has in its namespace: `eth0 10.0.0.1`, or `eth0` for a link without addresses; nothing of `lo`. */
export async function listInside(node: Node, netns: string): Promise<string[]> {
  const { stdout } = await node.run(["nsenter", `--net=${netns}`, "ip", "-json", "address", "show"]);
  const links: { ifname: string; addr_info: { local: string; scope: string }[] }[] = JSON.parse(stdout);
  return links.filter(({ ifname }) => ifname !== "lo").flatMap(({ ifname, addr_info }) => [
    ifname,
    ...addr_info.filter(({ scope }) => scope === "global").map(({ local }) => `${ifname} ${local}`),
  ]);
}
