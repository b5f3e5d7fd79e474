import { NETWORK_KINDS, type NetworkKind } from "../../../../shared/schema/network.ts";
import type { Manifest } from "../../../support/webhook/memory_cluster.ts";

/** `spec` of a network, or of anything, as a user writes it. */
export type Spec = Readonly<Record<string, unknown>>;

/** A request about a network, and what must be answered. */
export interface NetworkCase {
  /** What is special about it; with kind and operation no other case has it. */
  readonly name: string;
  readonly kind: NetworkKind;
  readonly operation: "CREATE" | "UPDATE" | "DELETE";
  /** Of the object that is sent; absent on DELETE. */
  readonly spec?: Spec | undefined;
  /** Of the object that is stored; absent on CREATE. */
  readonly before?: Spec | undefined;
  /** Beyond namespace and name, of what is stored and of what is sent. */
  readonly metadata?: { readonly before?: Spec; readonly object?: Spec };
  /** Whether the cleaner has turned the bitmaps into DanmIps. */
  readonly migrated?: boolean;
  /** What else there is in the cluster. */
  readonly others?: readonly Manifest[];
  /** Who asks; not given: an administrator. */
  readonly user?: string;
  /** Every one of these is among the denials; absent: it is accepted. `field` may be the beginning of one. */
  readonly denied?: readonly { readonly field: string; readonly says?: string }[];
  /** The warnings: each has one of these as part of it; absent: they are not looked at. */
  readonly warns?: readonly string[];
  /** What `spec` has after mutation, by path below it; undefined = not there. */
  readonly becomes?: Spec;
  /** The CRD denies the same, also without webhook. */
  readonly alsoCrd?: boolean;
  /** What is stored could not be stored through an API server with our CRDs. */
  readonly onlyInProcess?: boolean;
}

/** Name of the network that cases are about. */
export const CASE_NAME = "case";
/** Namespace of it, where its kind has one. */
export const CASE_NAMESPACE = "default";

/** The user that copies networks of an earlier release. */
export const MIGRATION = "system:serviceaccount:danm-system:danm-migrate";

/** `metadata` of a network of that kind. */
export function placeOf(kind: NetworkKind, name = CASE_NAME, namespace = CASE_NAMESPACE): Manifest["metadata"] {
  return kind === "ClusterNetwork" ? { name } : { namespace, name };
}

/** The same case for every kind. */
export function forEachKind(of: (kind: NetworkKind) => Omit<NetworkCase, "kind">): NetworkCase[] {
  return NETWORK_KINDS.map((kind) => ({ ...of(kind), kind }));
}

/** Another network, beside the one that a case is about. */
export function networkOf(kind: NetworkKind, spec: Spec, at: { name?: string; namespace?: string } = {}): Manifest {
  return { kind, metadata: placeOf(kind, at.name ?? "other", at.namespace), spec };
}

/** An endpoint of a Pod on the network that a case is about. */
export function endpointOf(
  kind: NetworkKind,
  pod: string,
  more: { namespace?: string; network?: string; apiType?: string; Interface?: Spec } = {},
): Manifest {
  const { namespace = CASE_NAMESPACE, network = CASE_NAME, apiType = kind, Interface } = more;
  return {
    kind: "DanmEp",
    metadata: { namespace, name: `ep-${network}-${pod}` },
    spec: {
      NetworkName: network,
      NetworkType: "ipvlan",
      apiType,
      Pod: pod,
      PodUID: pod,
      CID: pod,
      Interface: { Name: "eth0", ...Interface },
    },
  };
}
