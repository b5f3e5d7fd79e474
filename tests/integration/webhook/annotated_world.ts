import { installCrds } from "../../support/lab/install_crds.ts";
import type { Lab } from "../../support/lab/lab.ts";
import { waitFor } from "../../support/wait.ts";
import type { WebhookLab } from "../../support/webhook/webhook_lab.ts";
import type { AnnotatedCase } from "./annotated_case.ts";
import { NAMESPACES, NETWORKS } from "./annotated_networks.ts";
import type { ApiAnswer, ApiAsker } from "./api_answer.ts";

/** An object as it is sent. */
export type ObjectFields = Readonly<Record<string, unknown>>;

/** A lab with the webhook and what the cases speak of. */
export interface World {
  readonly lab: Lab;
  readonly webhook: WebhookLab;
  readonly asker: ApiAsker;
}

/** Puts namespaces and networks, before the webhook is there: what it says to networks is no matter here. */
export async function putNetworks(lab: Lab): Promise<void> {
  await installCrds(lab);
  const namespaces = NAMESPACES.map((name) => ({ apiVersion: "v1", kind: "Namespace", metadata: { name } }));
  const networks = NETWORKS.map((network) => ({ apiVersion: "danm.io/v1", ...network }));
  const stdin = JSON.stringify({ apiVersion: "v1", kind: "List", items: [...namespaces, ...networks] });
  await lab.kubectl(["apply", "-f", "-"], { stdin });
  // Pods are refused before.
  for (const namespace of [...NAMESPACES, "kube-system"]) {
    await waitFor(
      `the ServiceAccount of ${namespace}`,
      () => lab.kubectl(["get", "serviceaccount", "default", "-n", namespace]),
    );
  }
}

/** The Pod of a case. */
export function pod({ annotations, namespace = "apps", spec }: AnnotatedCase): ObjectFields {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "one", namespace, annotations },
    spec: { containers: [{ name: "main", image: "registry.k8s.io/pause:3.10" }], ...spec },
  };
}

/** The Service of a case. */
export function service({ annotations, namespace = "apps", spec }: AnnotatedCase): ObjectFields {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "one", namespace, annotations },
    spec: { ports: [{ port: 80 }], ...spec },
  };
}

/** Creates an object; in vain unless `dryRun` is false. */
export async function send(
  { asker }: World,
  object: ObjectFields,
  at: { group?: string; plural: string; dryRun?: boolean },
): Promise<ApiAnswer> {
  const { group = "", plural, dryRun = true } = at;
  const { namespace } = object["metadata"] as { namespace: string };
  const api = group === "" ? "/api/v1" : `/apis/${group}/v1`;
  return await asker.send("POST", `${api}/namespaces/${namespace}/${plural}${dryRun ? "?dryRun=All" : ""}`, object);
}
