/** An object of the manifests, as far as the chart looks into it. */
export interface ChartObject {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> };
  readonly [key: string]: unknown;
}

/** `spec` of the webhook's Deployment. */
export interface DeploymentSpec {
  readonly replicas: number;
  readonly template: { readonly spec: { readonly hostNetwork: boolean } };
}

/** The ConfigMap whose name ends with a hash of its content. */
export const SETTINGS = /^danm-settings-\w+$/;

/** Names images, of which values change the repository and the tag. */
const IMAGE = /^danm\.local\/([a-z]+):.*$/;

/** What `helm uninstall` leaves: with a kind all of its objects go. */
const KEEP = { "helm.sh/resource-policy": "keep" };

/** A template's action, in marks that YAML takes for letters, and no object has. */
function action(pipeline: string): string {
  return `⟦${pipeline}⟧`;
}

/** Text of YAML as the text of a template: braces stay what they are, marks become actions. */
export function escapeTemplate(text: string): string {
  return text.replaceAll("{{", `{{ "{{" }}`)
    .replace(/^( *)imagePullPolicy: .*\n/gm, "$1{{- with $.Values.image.pullPolicy }}\n$&$1{{- end }}\n")
    .replaceAll(/⟦(.*?)⟧/g, "{{ $1 }}");
}

/** An object with actions, to be read by {@linkcode escapeTemplate}, where the chart has values. */
export function parametrise(object: ChartObject): ChartObject {
  const changed = replaceTexts(object) as ChartObject;
  const { kind, metadata } = changed;
  switch (kind) {
    case "ConfigMap":
      return SETTINGS.test(object.metadata.name) ? { ...changed, data: action(`include "danm.settings" .`) } : changed;
    case "CustomResourceDefinition":
      return { ...changed, metadata: { ...metadata, annotations: { ...metadata.annotations, ...KEEP } } };
    case "Deployment":
      return { ...changed, spec: webhook(changed["spec"] as DeploymentSpec) };
    default:
      return changed;
  }
}

/** With the choices of the components `single_node` and `webhook_pod_network`. */
function webhook({ template, ...spec }: DeploymentSpec): Record<string, unknown> {
  const hostNetwork = action(".Values.webhook.hostNetwork");
  const dnsPolicy = action(`ternary "Default" "ClusterFirst" .Values.webhook.hostNetwork`);
  return {
    ...spec,
    replicas: action(".Values.webhook.replicas"),
    template: { ...template, spec: { ...template.spec, hostNetwork, dnsPolicy } },
  };
}

/** Wherever they stand: names of images and of the settings. */
function replaceTexts(value: unknown): unknown {
  if (typeof value === "string") {
    if (SETTINGS.test(value)) return action(`include "danm.settingsName" .`);
    return value.replace(IMAGE, `${action(".Values.image.repository")}/$1:${action(".Values.image.tag")}`);
  }
  if (Array.isArray(value)) return value.map(replaceTexts);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) => [
      [key, replaceTexts(inner)],
      ...(key === "image" && typeof inner === "string" ? [["imagePullPolicy", action(".")]] : []),
    ]),
  );
}
