import type { CniDns, CniResult } from "../shared/cni/cni_result.ts";
import { NAD_KIND } from "../shared/schema/nad.ts";
import type { NetworkKind } from "../shared/schema/network.ts";

/** An interface that was attached, and the network it is on. */
export interface AttachedInterface {
  readonly interface: string;
  readonly network: {
    readonly kind: NetworkKind | typeof NAD_KIND;
    readonly metadata: { readonly name: string; readonly namespace?: string | undefined };
  };
}

/**
 * One entry of the annotation `k8s.v1.cni.cncf.io/network-status`.
 *
 * @see https://github.com/k8snetworkplumbingwg/multi-net-spec
 */
export interface NetworkStatus {
  /** `<namespace>/<name>`; of a ClusterNetwork the name alone. */
  readonly name: string;
  readonly interface: string;
  /** Without prefix length. */
  readonly ips?: readonly string[];
  readonly mac?: string;
  /** In bytes. */
  readonly mtu?: number;
  /** True for the runtime's own interface. */
  readonly default: boolean;
  readonly dns: CniDns;
  readonly gateway?: readonly string[];
  readonly "device-info"?: {
    readonly type: "pci";
    readonly version: "1.1.0";
    readonly pci: { readonly "pci-address": string };
  };
}

/**
 * What the status annotation of a Pod says, one entry for each attachment and in their order; the first is the
 * runtime's own interface. The resolver settings of the result are the whole Pod's and stand there.
 *
 * @param options.namespace of the Pod
 */
export function renderNetworkStatus(
  attached: readonly AttachedInterface[],
  options: { result: CniResult; namespace: string },
): NetworkStatus[] {
  const { result, namespace } = options;
  const { interfaces = [], ips = [], dns = {} } = result;
  return attached.map((one, position) => {
    // Delegates also tell of links on the host, which may have the same name.
    const index = interfaces.findIndex(({ name, sandbox }) => name === one.interface && sandbox);
    const { mac, mtu, pciID } = interfaces[index] ?? {};
    const own = index < 0 ? [] : ips.filter((ip) => ip.interface === index);
    const gateways = [...new Set(own.flatMap(({ gateway }) => gateway ?? []))];
    return {
      name: nameOf(one, namespace),
      interface: one.interface,
      ...(own.length > 0 && { ips: own.map(({ address }) => address.split("/")[0] ?? address) }),
      ...(mac && { mac }),
      ...(mtu && { mtu }),
      default: position === 0,
      dns: position === 0 ? dns : {},
      ...(gateways.length > 0 && { gateway: gateways }),
      ...(pciID && { "device-info": { type: "pci", version: "1.1.0", pci: { "pci-address": pciID } } }),
    };
  });
}

function nameOf({ network: { kind, metadata } }: AttachedInterface, namespace: string): string {
  if (kind === "ClusterNetwork") return metadata.name;
  return `${kind === NAD_KIND ? metadata.namespace : namespace}/${metadata.name}`;
}
