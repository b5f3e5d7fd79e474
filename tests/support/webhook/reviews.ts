import { RESOURCES } from "../../../shared/schema/resources.ts";

/** Everything that an AdmissionReview is made of here. */
export interface ReviewOptions {
  /** `<plural>.<group>`, or `<plural>` in the core group. */
  readonly resource: string;
  readonly kind: string;
  readonly operation?: "CREATE" | "UPDATE" | "DELETE";
  readonly object?: unknown;
  readonly oldObject?: unknown;
  readonly namespace?: string;
  readonly name?: string;
  /** Further fields of the request, or others in place of ours. */
  readonly request?: Readonly<Record<string, unknown>>;
}

/** An AdmissionReview as an API server sends it. */
export function reviewOf(options: ReviewOptions): Record<string, unknown> {
  const { resource, kind, operation = "CREATE", object = null, oldObject = null } = options;
  const [plural = "", ...group] = resource.split(".");
  const gvr = { group: group.join("."), version: "v1" };
  return {
    kind: "AdmissionReview",
    apiVersion: "admission.k8s.io/v1",
    request: {
      uid: "705ab4f5-6393-11e8-b7cc-42010a800002",
      kind: { ...gvr, kind },
      resource: { ...gvr, resource: plural },
      requestKind: { ...gvr, kind },
      requestResource: { ...gvr, resource: plural },
      name: options.name ?? "first",
      ...(options.namespace === undefined ? {} : { namespace: options.namespace }),
      operation,
      userInfo: { username: "admin", groups: ["system:authenticated"] },
      object: operation === "DELETE" ? null : object,
      oldObject,
      dryRun: false,
      options: { kind: `${operation}Options`, apiVersion: "meta.k8s.io/v1" },
      ...options.request,
    },
  };
}

/** A network object with all that a network can say. */
export function fullNetwork(kind: "DanmNet" | "TenantNetwork" | "ClusterNetwork"): Record<string, unknown> {
  return {
    apiVersion: "danm.io/v1",
    kind,
    metadata: metadataOf(RESOURCES[kind].scope === "Namespaced"),
    spec: {
      NetworkID: "internal",
      NetworkType: "ipvlan",
      ...(kind === "ClusterNetwork" ? { AllowedTenants: ["default"] } : {}),
      Options: {
        host_device: "ens4",
        ...(kind === "TenantNetwork" ? {} : { vlan: 10 }),
        container_prefix: "net",
        rt_tables: 10,
        cidr: "10.10.0.0/24",
        allocation_pool: { start: "10.10.0.10", end: "10.10.0.20" },
        routes: { "10.20.0.0/24": "10.10.0.1" },
        net6: "2001:db8::/64",
        allocation_pool_v6: { cidr: "2001:db8::/112" },
        routes6: { "2001:db8:1::/64": "2001:db8::1" },
        mtu: 1400,
      },
    },
  };
}

/** Reviews of every resource that is judged, for every operation, as an API server would send them. */
export function everyReview(): Record<string, unknown>[] {
  const objects: [string, string, Record<string, unknown>][] = [
    ["danmnets.danm.io", "DanmNet", fullNetwork("DanmNet")],
    ["tenantnetworks.danm.io", "TenantNetwork", fullNetwork("TenantNetwork")],
    ["clusternetworks.danm.io", "ClusterNetwork", fullNetwork("ClusterNetwork")],
    ["tenantconfigs.danm.io", "TenantConfig", tenantConfig()],
    ["pods", "Pod", { apiVersion: "v1", kind: "Pod", ...podTemplate() }],
    ["services", "Service", service()],
    ["deployments.apps", "Deployment", workload("Deployment")],
    ["cronjobs.batch", "CronJob", cronJob()],
  ];
  return objects.flatMap(([resource, kind, object]) => {
    const at = { resource, kind, namespace: "default" };
    const changed = { ...object, metadata: { ...object["metadata"] as object, labels: { changed: "yes" } } };
    return [
      reviewOf({ ...at, operation: "CREATE", object }),
      reviewOf({ ...at, operation: "UPDATE", object: changed, oldObject: object }),
      reviewOf({ ...at, operation: "DELETE", oldObject: object }),
    ];
  });
}

function metadataOf(namespaced: boolean): Record<string, unknown> {
  return { name: "first", ...(namespaced ? { namespace: "default" } : {}) };
}

function tenantConfig(): Record<string, unknown> {
  return {
    apiVersion: "danm.io/v1",
    kind: "TenantConfig",
    metadata: metadataOf(false),
    hostDevices: [{ name: "ens4", vniType: "vlan", vniRange: "700-710,900" }, { name: "nokia.k8s.io/sriov" }],
    networkIds: { flannel: "flannel" },
  };
}

function podTemplate(): Record<string, unknown> {
  const interfaces = [{
    clusterNetwork: "external",
    ip: "10.0.0.5/24",
    ip6: "dynamic",
    proutes: { "10.1.0.0/16": "10.0.0.1" },
  }];
  return {
    metadata: { ...metadataOf(true), annotations: { "danm.io/interfaces": JSON.stringify(interfaces) } },
    spec: { containers: [{ name: "main", image: "lab.local/pause:1" }] },
  };
}

function service(): Record<string, unknown> {
  const annotations = { "danm.io/selector": `{"app":"web"}`, "danm.io/network": "internal" };
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { ...metadataOf(true), annotations },
    spec: { ports: [{ port: 80 }] },
  };
}

function workload(kind: string): Record<string, unknown> {
  return { apiVersion: "apps/v1", kind, metadata: metadataOf(true), spec: { template: podTemplate() } };
}

function cronJob(): Record<string, unknown> {
  const jobTemplate = { spec: { template: podTemplate() } };
  return { apiVersion: "batch/v1", kind: "CronJob", metadata: metadataOf(true), spec: { jobTemplate } };
}
