import * as z from "zod/mini";
import { Settings } from "../../installer/settings.ts";

/** What the manifests say where the chart has values. */
export interface Defaults {
  readonly flavours: readonly string[];
  readonly version: string;
  readonly replicas: number;
  readonly hostNetwork: boolean;
  /** Data of the ConfigMap. */
  readonly settings: Readonly<Record<string, string>>;
}

/** The defaults as `values.yaml` has them. */
export function chartValues({ flavours, version, replicas, hostNetwork, settings }: Defaults): Record<string, unknown> {
  return {
    flavour: flavours[0],
    image: { repository: "danm.local", tag: version, pullPolicy: "" },
    webhook: { replicas, hostNetwork },
    settings: Object.fromEntries(
      Object.entries(settings).map(([name, text]) => [name, isText(name) ? text : JSON.parse(text)]),
    ),
  };
}

/** `values.schema.json`: helm refuses values that it does not allow. */
export function chartSchema({ flavours, settings }: Defaults): Record<string, unknown> {
  const properties = Object.fromEntries(
    Object.keys(settings).map((
      name,
    ) => [name, settings[name] === "" ? unsetOr(settingSchema(name)) : settingSchema(name)]),
  );
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    ...closed({
      flavour: { enum: flavours },
      image: closed({
        repository: { type: "string", pattern: "^[a-z0-9][a-z0-9._:/-]*[a-z0-9]$" },
        tag: { type: "string", pattern: "^\\w[\\w.-]{0,127}$" },
        pullPolicy: { enum: ["", "Always", "IfNotPresent", "Never"] },
      }),
      webhook: closed({ replicas: { type: "integer", minimum: 1 }, hostNetwork: { type: "boolean" } }),
      settings: closed(properties),
    }),
  };
}

/** An object with these properties, all of them and no other. */
function closed(properties: Record<string, unknown>): Record<string, unknown> {
  return { type: "object", additionalProperties: false, required: Object.keys(properties), properties };
}

function unsetOr(schema: Record<string, unknown>): Record<string, unknown> {
  return { anyOf: [{ const: "" }, schema] };
}

/** The installer's own schema of a setting. */
function settingSchema(name: string): Record<string, unknown> {
  const { properties } = z.toJSONSchema(Settings);
  const schema = properties?.[name];
  if (typeof schema !== "object") throw new Error(`the installer has no setting ${name}`);
  return schema;
}

function isText(name: string): boolean {
  return settingSchema(name)["type"] === "string";
}
