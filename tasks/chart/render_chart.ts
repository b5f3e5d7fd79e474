import { stringify } from "yaml";
import { type ChartObject, type DeploymentSpec, escapeTemplate, parametrise, SETTINGS } from "./parametrise.ts";
import { chartSchema, chartValues, type Defaults } from "./values.ts";

/** Objects of each overlay by its name; the first is the chart's default. */
export type Flavours = Readonly<Record<string, readonly ChartObject[]>>;

const HEADER = "# Generated from k8s/ by `deno task chart`. What each value does is in docs/deployment_guide.md.\n";

/** Helm reads YAML 1.1, in which `on` is no text. */
const YAML = { version: "1.1", lineWidth: 0, aliasDuplicateObjects: false } as const;

/** The chart's generated files: texts by their paths in it. */
export function renderChart(flavours: Flavours, { version }: { version: string }): Record<string, string> {
  const defaults = findDefaults(flavours, version);
  const chart = {
    apiVersion: "v2",
    name: "danm",
    description: "Networks for Kubernetes Pods",
    version,
    appVersion: version,
    kubeVersion: ">=1.32.0-0",
  };
  return {
    "Chart.yaml": HEADER + stringify(chart, YAML),
    "values.yaml": HEADER + stringify(chartValues(defaults), YAML),
    "values.schema.json": `${JSON.stringify(chartSchema(defaults), null, 2)}\n`,
    ...renderTemplates(flavours),
  };
}

function findDefaults(flavours: Flavours, version: string): Defaults {
  const [objects = []] = Object.values(flavours);
  const deployment = objects.find(({ kind }) => kind === "Deployment");
  const settings = objects.find(({ metadata }) => SETTINGS.test(metadata.name));
  if (!deployment || !settings) throw new Error("the manifests have no webhook or no settings");
  const { replicas, template: { spec: { hostNetwork } } } = deployment["spec"] as DeploymentSpec;
  return {
    flavours: Object.keys(flavours),
    version,
    replicas,
    hostNetwork,
    settings: settings["data"] as Defaults["settings"],
  };
}

/** A file for each object; where the flavours differ, each has its own under a condition. */
function renderTemplates(flavours: Flavours): Record<string, string> {
  const files: Record<string, Record<string, string>> = {};
  for (const [flavour, objects] of Object.entries(flavours)) {
    for (const object of objects) {
      (files[pathOf(object)] ??= {})[flavour] = escapeTemplate(stringify(parametrise(object), YAML));
    }
  }
  const isCommon = (texts: readonly string[]): boolean =>
    texts.length === Object.keys(flavours).length && new Set(texts).size === 1;
  return Object.fromEntries(
    Object.entries(files).map(([path, texts]) => {
      const [first = ""] = Object.values(texts);
      return [path, isCommon(Object.values(texts)) ? first : Object.entries(texts).map(under).join("")];
    }),
  );
}

function pathOf({ kind, metadata: { name } }: ChartObject): string {
  return `templates/${kind}-${name.replace(SETTINGS, "danm-settings")}.yaml`.toLowerCase();
}

function under([flavour, text]: readonly [string, string]): string {
  return `{{- if eq .Values.flavour "${flavour}" }}\n${text}{{- end }}\n`;
}
