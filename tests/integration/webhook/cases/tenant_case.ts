import type { VniReservation } from "../../../../shared/schema/tenant_config.ts";
import type { Manifest } from "../../../support/webhook/memory_cluster.ts";

type Fields = Readonly<Record<string, unknown>>;

/** A request about a TenantNetwork or a TenantConfig, and what must be answered. */
export interface TenantCase {
  /** What is special about it; no other case has it. */
  readonly name: string;
  readonly operation: "CREATE" | "UPDATE" | "DELETE";
  /** What is sent; absent on DELETE. */
  readonly object?: Manifest;
  /** What is stored; absent on CREATE. */
  readonly before?: Manifest;
  /** What else there is in the cluster. */
  readonly others?: readonly Manifest[];
  readonly dryRun?: boolean;
  /** Who asks; not given: an administrator. */
  readonly user?: string;
  /** Every one of these is among the denials; absent: it is accepted. */
  readonly denied?: readonly { readonly field: string; readonly says: string }[];
  /** Parts of the warnings, one each; absent: they are not looked at. */
  readonly warns?: readonly string[];
  /** Fields below `spec` after it; undefined = not there. */
  readonly becomes?: Fields;
  /** All reservations of all TenantConfigs after it, as `config: device vniType vni network`. */
  readonly reserved?: readonly string[];
  /** Could not be brought about through an API server with our CRDs and our webhook. */
  readonly onlyInProcess?: boolean;
}

/** Name of the TenantNetwork that cases are about. */
export const ME = "default/case";

/** The TenantNetwork that cases are about. */
export function tenantNetwork(spec: Fields, metadata: Fields = {}): Manifest {
  return { kind: "TenantNetwork", metadata: { namespace: "default", name: "case", ...metadata }, spec };
}

/** A network that is there, too. */
export function other(kind: "DanmNet" | "TenantNetwork" | "ClusterNetwork", name: string, spec: Fields): Manifest {
  return { kind, metadata: kind === "ClusterNetwork" ? { name } : { namespace: "kube-public", name }, spec };
}

/** A TenantConfig. */
export function tenantConfig(name: string, says: Fields, reservations: readonly VniReservation[] = []): Manifest {
  const status = reservations.length > 0 ? { status: { reservations: [...reservations] } } : {};
  return { kind: "TenantConfig", metadata: { name }, ...says, ...status };
}

/** A device with VNIs for tenants. */
export function device(name: string, vniType?: "vlan" | "vxlan", vniRange?: string, alloc?: string): Fields {
  return { name, ...(vniType && { vniType }), ...(vniRange && { vniRange }), ...(alloc && { alloc }) };
}

/** A reservation, by default of the TenantNetwork that cases are about. */
export function held(device: string, vniType: "vlan" | "vxlan", vni: number, network: string = ME): VniReservation {
  return { device, vniType, vni, network };
}
