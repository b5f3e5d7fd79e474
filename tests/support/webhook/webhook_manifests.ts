import { join } from "node:path";
import { parseAllDocuments } from "yaml";

const K8S = new URL("../../../k8s/base/", import.meta.url).pathname;

/** What of `k8s/base` the webhook needs besides its Deployment, whose part the lab plays. */
export const WEBHOOK_PREREQUISITES = ["namespace.yaml", "rbac/danm-webhook.yaml", "webhook/service.yaml"].map((file) =>
  join(K8S, file)
);

/** A webhook configuration, as far as tests look at it. */
export interface WebhookConfiguration {
  readonly apiVersion: string;
  readonly kind: "MutatingWebhookConfiguration" | "ValidatingWebhookConfiguration";
  readonly metadata: { readonly name: string };
  readonly webhooks: readonly {
    readonly name: string;
    readonly clientConfig: { readonly caBundle?: string; readonly [key: string]: unknown };
    readonly [key: string]: unknown;
  }[];
}

/**
 * The product's webhook configurations.
 *
 * @param caBundle authorities, PEM, that the API server is to trust; as the manifests have it when undefined
 */
export async function webhookConfigurations(caBundle?: string): Promise<WebhookConfiguration[]> {
  const text = await Deno.readTextFile(join(K8S, "webhook/configurations.yaml"));
  const configurations = parseAllDocuments(text).map((document) => document.toJS() as WebhookConfiguration);
  if (caBundle === undefined) return configurations;
  return configurations.map((configuration) => ({
    ...configuration,
    webhooks: configuration.webhooks.map((webhook) => ({
      ...webhook,
      clientConfig: { ...webhook.clientConfig, caBundle: btoa(caBundle) },
    })),
  }));
}
