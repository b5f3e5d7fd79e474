/** `danm-ipam` on a lab: called by itself, as a runtime would call an IPAM plugin, or by the plugins that use it. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type CallOptions, type DanmLab, DIST, type TestPlugin } from "./danm_lab.ts";
import type { Node } from "./lab/node.ts";

/** `name` of the configurations. */
const CONF_NAME = "by-danm";

/** Calls of `danm-ipam` itself. @param section what the `ipam` section has besides what every one needs */
export function callingIpam(danm: DanmLab, section: object): DanmLab {
  return danm.calling({
    executable: join(DIST, "danm-ipam"),
    conf: (node, options) => ipamConf(danm, { node, options, section, plugin: { type: "danm-ipam" } }),
  });
}

/** Calls of a reference plugin that gets its addresses from `danm-ipam`. @param plugin its configuration */
export function callingWithIpam(danm: DanmLab, plugin: { readonly type: string }, section: object): DanmLab {
  const called: TestPlugin = {
    executable: findPlugin(danm.cniPath, plugin.type),
    conf: (node, options) => ipamConf(danm, { node, options, section, plugin }),
  };
  return danm.calling(called);
}

/** Path of a plugin in CNI_PATH. @throws {Error} when it is not there */
export function findPlugin(path: string, name: string): string {
  const [found] = path.split(":").map((dir) => `${dir}/${name}`).filter((file) => existsSync(file));
  if (found === undefined) throw new Error(`no ${name} in ${path}`);
  return found;
}

/** What a call changes in the `ipam` section is merged into it; other keys of the configuration are replaced. */
function ipamConf(
  danm: DanmLab,
  at: { node: Node; options: CallOptions; section: object; plugin: object },
): Record<string, unknown> {
  const { node, options: { kubeconfig = danm.kubeconfig(node), conf = {} }, section, plugin } = at;
  const { ipam, ...rest } = conf;
  const given = { type: "danm-ipam", kubeconfig, nodeName: node.name, logFile: "/var/log/danm.log", ...section };
  const merged = typeof ipam === "object" && ipam !== null && !Array.isArray(ipam) ? { ...given, ...ipam } : ipam;
  return { cniVersion: "1.0.0", name: CONF_NAME, ...plugin, ipam: ipam === undefined ? given : merged, ...rest };
}
