import { SHELL_IMAGE } from "./shell_image.ts";

/** A Deployment of shells. */
export interface ShellDeployment {
  /** Also the value of the Pods' label `app`. */
  readonly name: string;
  readonly replicas: number;
  /** What the shells do. Default: serve their Pod's name on port 80. */
  readonly script?: string;
  /** Annotations of the Pods. */
  readonly annotations?: Readonly<Record<string, string>>;
}

const SERVE_NAME = "mkdir /tmp/www; hostname >/tmp/www/index.html; exec httpd -f -p 80 -h /tmp/www";

/** Renders a Deployment whose Pods spread over the nodes as evenly as possible, and end at once. */
export function shellDeployment({ name, replicas, script = SERVE_NAME, annotations = {} }: ShellDeployment): object {
  const labels = { app: name };
  const spread = { maxSkew: 1, topologyKey: "kubernetes.io/hostname", whenUnsatisfiable: "DoNotSchedule" };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace: "default" },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels, annotations },
        spec: {
          terminationGracePeriodSeconds: 1,
          topologySpreadConstraints: [{ ...spread, labelSelector: { matchLabels: labels } }],
          containers: [{ name: "shell", image: SHELL_IMAGE, imagePullPolicy: "Never", args: [script] }],
        },
      },
    },
  };
}
