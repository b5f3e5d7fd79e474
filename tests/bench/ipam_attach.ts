import { join } from "node:path";
import { CNI_PLUGINS, ensureBinaries } from "../support/lab/binaries.ts";
import { DIST } from "../support/danm_lab.ts";
import { toStderr } from "../support/progress.ts";
import { type BenchNode, type BenchPlugin, callEach, FLOOR } from "./attach_plugins.ts";

/** Where `danm-ipam` writes its log, and how much. */
export interface IpamLog {
  readonly logFile: string;
  readonly logLevel?: "debug";
}

const LOG: IpamLog = { logFile: "/var/log/danm-ipam.log" };

/** The reference `macvlan` with our addresses, our addresses alone, and as the floor `macvlan` with `host-local`. */
export async function ipamPlugins(place: BenchNode): Promise<readonly BenchPlugin[]> {
  const { macvlan } = await ensureBinaries(CNI_PLUGINS, toStderr);
  const local = { type: "host-local", dataDir: "/var/lib/cni/networks", ranges: [[{ subnet: "10.203.0.0/16" }]] };
  const macvlanWith = (name: string, ipam: object): object => (
    { cniVersion: "1.0.0", name, type: "macvlan", master: place.node.uplink, ipam }
  );
  return [
    callEach("macvlan + danm-ipam", () => ({ executable: macvlan, conf: macvlanWith("bench", ipamConf(place, LOG)) })),
    ipamAlone(place, LOG),
    callEach(FLOOR, () => ({ executable: macvlan, conf: macvlanWith("local", local) })),
  ];
}

/** `danm-ipam` without the plugin that would call it. */
export function ipamAlone(place: BenchNode, log: IpamLog): BenchPlugin {
  const conf = { cniVersion: "1.0.0", name: "alone", type: "bench", ipam: ipamConf(place, log) };
  return callEach("danm-ipam", () => ({ executable: join(DIST, "danm-ipam"), conf }));
}

function ipamConf({ kubeconfig }: BenchNode, log: IpamLog): object {
  return { type: "danm-ipam", kubeconfig, clusterNetwork: "attach", ...log };
}
