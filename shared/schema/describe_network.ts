import type { NetworkKind } from "./network.ts";

/** A network as messages name it: `DanmNet default/management`, `ClusterNetwork external`. */
export function describeNetwork(kind: NetworkKind, namespace: string, name: string): string {
  return kind === "ClusterNetwork" ? `${kind} ${name}` : `${kind} ${namespace}/${name}`;
}
