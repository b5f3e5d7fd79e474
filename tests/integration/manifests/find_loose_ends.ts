import { keyOf, type Manifest } from "./rendered.ts";

/** What every cluster has, by key. */
const GIVEN = ["PriorityClass/system-cluster-critical", "PriorityClass/system-node-critical"];

/** A reference of one object to another one. */
interface Reference {
  readonly from: string;
  readonly to: string;
}

/** References to objects that are neither among the manifests nor in every cluster, as sentences. */
export function findLooseEnds(manifests: readonly Manifest[]): string[] {
  const there = new Set([...manifests.map(keyOf), ...GIVEN]);
  return manifests.flatMap(references).filter(({ to }) => !there.has(to)).map(({ from, to }) => `${from} names ${to}`);
}

/** All references of an object that the tests know. */
function references(manifest: Manifest): Reference[] {
  return targets(manifest).map((to) => ({ from: keyOf(manifest), to }));
}

function targets(manifest: Manifest): string[] {
  const { kind, metadata: { namespace } } = manifest;
  switch (kind) {
    case "DaemonSet":
    case "Deployment":
      return podTargets(manifest["spec"].template.spec, namespace ?? "");
    case "RoleBinding":
    case "ClusterRoleBinding":
      return [roleOf(manifest), ...manifest["subjects"].map(subjectOf)];
    case "FlowSchema":
      return [
        `PriorityLevelConfiguration/${manifest["spec"].priorityLevelConfiguration.name}`,
        ...manifest["spec"].rules.flatMap((rule: Manifest) =>
          rule["subjects"].map((subject: Manifest) => subjectOf({ kind: subject.kind, ...subject["serviceAccount"] }))
        ),
      ];
    case "ValidatingAdmissionPolicyBinding":
      return [`ValidatingAdmissionPolicy/${manifest["spec"].policyName}`];
    case "MutatingWebhookConfiguration":
    case "ValidatingWebhookConfiguration":
      return manifest["webhooks"].map(({ clientConfig: { service } }: Manifest) =>
        `Service/${service.namespace}/${service.name}`
      );
    default:
      return [];
  }
}

function podTargets(spec: Manifest["spec"], namespace: string): string[] {
  const configMaps = [
    ...spec.volumes ?? [],
    ...spec.containers.flatMap(({ env }: Manifest) => env ?? []).map(({ valueFrom }: Manifest) => ({
      configMap: valueFrom?.configMapKeyRef,
    })),
  ].flatMap(({ configMap }) => configMap?.name === undefined ? [] : [configMap.name]);
  return [
    `ServiceAccount/${namespace}/${spec.serviceAccountName}`,
    `PriorityClass/${spec.priorityClassName}`,
    ...configMaps.map((name) => `ConfigMap/${namespace}/${name}`),
  ];
}

function roleOf({ roleRef, metadata }: Manifest): string {
  return roleRef.kind === "Role" ? `Role/${metadata.namespace}/${roleRef.name}` : `ClusterRole/${roleRef.name}`;
}

function subjectOf({ kind, namespace, name }: { kind: string; namespace: string; name: string }): string {
  return `${kind}/${namespace}/${name}`;
}
