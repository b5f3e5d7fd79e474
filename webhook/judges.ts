import { API_GROUP } from "../shared/schema/meta.ts";
import type { Judge } from "./judge.ts";
import { judgeNetwork } from "./networks/judge_network.ts";
import { mutateNetwork } from "./networks/mutate_network.ts";
import { judgePod } from "./pods/judge_pod.ts";
import { judgeWorkload } from "./pods/judge_workload.ts";
import { judgeService } from "./services/judge_service.ts";
import { judgeTenantConfig } from "./tenants/judge_tenant_config.ts";
import { judgeTenantNetwork } from "./tenants/judge_tenant_network.ts";
import { createTenantNetworkMutation } from "./tenants/mutate_tenant_network.ts";
import type { ReserverDeps } from "./tenants/vni_reserver.ts";

/** Who judges the requests of one resource. */
export interface ResourceJudges {
  /** Asked one after the other; each sees the object as the one before it left it. */
  readonly mutate?: readonly Judge[];
  /** Asked at the same time. */
  readonly validate?: readonly Judge[];
}

/** Judges by resource, as `<plural>.<group>`, or `<plural>` in the core group. */
export type Judges = Readonly<Record<string, ResourceJudges>>;

/** All judges of a webhook. Those that reserve something have a queue of their own. */
export function createJudges(deps: ReserverDeps): Judges {
  return {
    [`danmnets.${API_GROUP}`]: { mutate: [mutateNetwork], validate: [judgeNetwork] },
    [`clusternetworks.${API_GROUP}`]: { mutate: [mutateNetwork], validate: [judgeNetwork] },
    [`tenantnetworks.${API_GROUP}`]: {
      // What reserves is asked last: whatever denies after it leaves a reservation to the cleaner.
      mutate: [mutateNetwork, createTenantNetworkMutation(deps)],
      validate: [judgeNetwork, judgeTenantNetwork],
    },
    [`tenantconfigs.${API_GROUP}`]: { validate: [judgeTenantConfig] },
    "pods": { validate: [judgePod] },
    "services": { validate: [judgeService] },
    "deployments.apps": { validate: [judgeWorkload] },
    "statefulsets.apps": { validate: [judgeWorkload] },
    "daemonsets.apps": { validate: [judgeWorkload] },
    "jobs.batch": { validate: [judgeWorkload] },
    "cronjobs.batch": { validate: [judgeWorkload] },
  };
}
