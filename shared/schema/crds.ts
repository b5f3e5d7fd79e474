import { DANM_EP_CRD } from "./danm_ep_crd.ts";
import { DANM_IP_CRD } from "./danm_ip_crd.ts";
import { DANM_NETWORK_POLICY_CRD } from "./danm_network_policy_crd.ts";
import { networkCrd } from "./network_crd.ts";
import { type CrdDefinition, renderCrd } from "./render_crd.ts";
import { RESOURCES } from "./resources.ts";
import { TENANT_CONFIG_CRD } from "./tenant_config_crd.ts";

const DEFINITIONS: readonly CrdDefinition[] = [
  networkCrd("DanmNet"),
  networkCrd("TenantNetwork"),
  networkCrd("ClusterNetwork"),
  TENANT_CONFIG_CRD,
  DANM_EP_CRD,
  DANM_IP_CRD,
  DANM_NETWORK_POLICY_CRD,
];

/** A rendered CustomResourceDefinition and the file it belongs into. */
export interface CrdFile {
  /** Name of the file below `crds/`. */
  readonly file: string;
  readonly crd: Record<string, unknown>;
}

/** Renders the CustomResourceDefinition of every kind, one file each. */
export function renderCrds(): CrdFile[] {
  return DEFINITIONS.map((definition) => ({
    file: `${RESOURCES[definition.kind].plural}.yaml`,
    crd: renderCrd(definition),
  }));
}
