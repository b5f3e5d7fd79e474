import type { KubeClient } from "../../../shared/kube/client.ts";
import { type Address, formatAddress, parseAddress } from "../../../shared/schema/address.ts";
import { danmIpName } from "../../../shared/schema/danm_ip_name.ts";
import { objectOf, pathOf } from "./api.ts";
import type { CrdCase } from "./case.ts";

/** Who holds an address. */
export interface Holder {
  readonly podUID: string;
  readonly node: string;
}

/** A DanmIp without apiVersion and kind. */
export function danmIpOf(
  address: Address,
  holder: Holder = { podUID: "u", node: "n" },
): { metadata: { name: string }; spec: Record<string, string> } {
  const spec = {
    space: "cn.n",
    address: formatAddress(address),
    networkKind: "ClusterNetwork",
    networkNamespace: "",
    networkName: "n",
    podNamespace: "default",
    podName: "p",
    containerID: `cid-${holder.podUID}`,
    interface: "eth0",
    ...holder,
  };
  return { metadata: { name: danmIpName(address, "cn.n") }, spec };
}

/** Creates a DanmIp and gives its path. */
export async function createDanmIp(
  admin: KubeClient,
  { address, ...holder }: Holder & { address: string },
): Promise<string> {
  const of: CrdCase = { name: address, kind: "DanmIp", object: danmIpOf(parseAddress(address), holder) };
  await admin.create(pathOf(of, { collection: true }), objectOf(of));
  return pathOf(of);
}
