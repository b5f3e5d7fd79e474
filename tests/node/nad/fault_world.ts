/** Sandboxes with NetworkAttachmentDefinitions beside a network of ours, for calls that are disturbed. */
import { NAD_ANNOTATION } from "../../../shared/schema/nad.ts";
import { type DanmLab, DIST } from "../../support/danm_lab.ts";
import { findPlugin } from "../../support/danm_ipam_lab.ts";
import { CommandGate } from "../../support/faults/command_gate.ts";
import type { Track } from "../../support/faults/killed_call.ts";
import { type FaultProxy, startFaultProxy } from "../../support/lab/fault_proxy.ts";
import type { Node } from "../../support/lab/node.ts";
import { NadLab } from "../../support/nad_lab.ts";

const OPTIONS = {
  cidr: "10.220.0.0/24",
  net6: "fd00:220::/64",
  routes: { "10.9.0.0/16": "10.220.0.1" },
  rt_tables: 150,
};

/** What the Pods of a node ask for: an interface of ours, and two of definitions. */
export interface Asking {
  readonly interfaces: readonly object[];
  readonly annotations: Readonly<Record<string, string>>;
}

/**
 * Installs the kind, networks, and for each node a bridge with leases of host-local and a macvlan with addresses of
 * danm-ipam.
 */
export async function prepareNads(danm: DanmLab): Promise<void> {
  const network = (name: string, options: object): object => ({
    apiVersion: "danm.io/v1",
    kind: "DanmNet",
    metadata: { name, namespace: "default" },
    spec: { NetworkID: name, NetworkType: "macvlan", Options: { host_device: "eth1", ...options } },
  });
  await danm.apply(network("ours", OPTIONS), network("leases", { cidr: "10.221.0.0/24" }));
  for (const [index, node] of danm.lab.nodes.entries()) {
    const nads = new NadLab(danm, { node, options: {} });
    if (index === 0) await nads.install();
    const ipam = {
      type: "danm-ipam",
      network: "leases",
      kubeconfig: danm.kubeconfig(node),
      nodeName: node.name,
      logFile: "/var/log/danm.log",
    };
    await nads.define(
      { name: `mac-${node.name}`, config: { cniVersion: "1.0.0", type: "macvlan", master: node.uplink, ipam } },
      {
        name: `br-${node.name}`,
        config: {
          cniVersion: "1.0.0",
          type: "bridge",
          bridge: "nadfault",
          ipam: { type: "host-local", subnet: `10.222.${index}.0/24` },
        },
      },
    );
  }
}

/** Addresses of all three stores, one of danm-ipam's by name: the number tells Pods apart that live at the same time. */
export function asking(node: Node, number: number): Asking {
  const networks = [{ name: `br-${node.name}` }, { name: `mac-${node.name}`, ips: [`10.221.0.${200 + number}`] }];
  return {
    interfaces: [{ network: "ours", ip: "dynamic", ip6: "dynamic", proutes: { "10.8.0.0/16": "10.220.0.2" } }],
    annotations: { [NAD_ANNOTATION]: JSON.stringify(networks) },
  };
}

/** The same lab, whose configurations support definitions, and have what is given besides. */
export function withNads(danm: DanmLab, more: Readonly<Record<string, unknown>> = {}): DanmLab {
  return danm.calling({
    executable: `${DIST}/danm`,
    conf: (node, options) => ({ ...danm.conf(node, options), nadSupport: true, ...more }),
  });
}

/** Where calls on a node pass that are counted, and killed. */
export async function openNadTrack(
  danm: DanmLab,
  node: Node,
): Promise<Track & { readonly proxy: FaultProxy } & AsyncDisposable> {
  const proxy = await startFaultProxy(danm.lab);
  const plugins = Object.fromEntries(["bridge", "macvlan"].map((type) => [type, findPlugin(danm.cniPath, type)]));
  const gate = await CommandGate.create(`${danm.lab.dir}/gate-${node.name}`, { cniPath: danm.cniPath, plugins });
  const kubeconfig = await proxy.kubeconfig(danm.user(node));
  return { danm, proxy, gate, kubeconfig, [Symbol.asyncDispose]: () => proxy[Symbol.asyncDispose]() };
}
