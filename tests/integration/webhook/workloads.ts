import type { AnnotatedCase } from "./annotated_case.ts";

type Fields = Readonly<Record<string, unknown>>;

/** A kind of objects that make Pods from a template. */
export interface Workload {
  readonly group: string;
  readonly kind: string;
  readonly plural: string;
  /** An object whose template has the annotations and the spec of a case. */
  render(one: AnnotatedCase): Fields;
}

const LABELS = { app: "one" };

function template({ annotations, spec }: AnnotatedCase, restartPolicy: string): Fields {
  return {
    metadata: { labels: LABELS, annotations },
    spec: { restartPolicy, containers: [{ name: "main", image: "registry.k8s.io/pause:3.10" }], ...spec },
  };
}

function apps(kind: string, plural: string, spec: Fields = {}): Workload {
  return {
    group: "apps",
    kind,
    plural,
    render: (one) => ({
      apiVersion: "apps/v1",
      kind,
      metadata: { namespace: one.namespace ?? "apps" },
      spec: { selector: { matchLabels: LABELS }, ...spec, template: template(one, "Always") },
    }),
  };
}

/** All kinds of workloads that are judged. */
export const WORKLOADS: readonly Workload[] = [
  // Nothing of them shall run: the nodes of a lab, where it has some, are none of a kubelet's.
  apps("Deployment", "deployments", { replicas: 0 }),
  apps("StatefulSet", "statefulsets", { replicas: 0, serviceName: "one" }),
  apps("DaemonSet", "daemonsets"),
  {
    group: "batch",
    kind: "Job",
    plural: "jobs",
    render: (one) => ({
      apiVersion: "batch/v1",
      kind: "Job",
      metadata: { namespace: one.namespace ?? "apps" },
      spec: { suspend: true, template: template(one, "Never") },
    }),
  },
  {
    group: "batch",
    kind: "CronJob",
    plural: "cronjobs",
    render: (one) => ({
      apiVersion: "batch/v1",
      kind: "CronJob",
      metadata: { namespace: one.namespace ?? "apps" },
      spec: { schedule: "0 0 1 1 *", suspend: true, jobTemplate: { spec: { template: template(one, "Never") } } },
    }),
  },
];
