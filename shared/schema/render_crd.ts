import { API_GROUP } from "./meta.ts";
import { crdName, type Kind, RESOURCES } from "./resources.ts";
import * as z from "zod/mini";

/** One rule in CEL that the API server enforces (`x-kubernetes-validations`). */
export interface Rule {
  readonly rule: string;
  readonly message: string;
  /** The field that the message is about, relative to where the rule stands: `.cidr`. */
  readonly fieldPath?: string;
  /** The rule also runs on creation and sees `oldSelf` as an optional. */
  readonly optionalOldSelf?: boolean;
  readonly reason?: "FieldValueInvalid" | "FieldValueForbidden" | "FieldValueRequired" | "FieldValueDuplicate";
}

/** Keywords of a field that its zod schema does not say. */
export interface FieldKeywords {
  readonly maxProperties?: number;
  readonly format?: string;
  readonly "x-kubernetes-list-type"?: "set" | "map" | "atomic";
  readonly "x-kubernetes-list-map-keys"?: readonly string[];
  readonly "x-kubernetes-map-type"?: "atomic" | "granular";
}

/** A column of `kubectl get`. */
export interface PrinterColumn {
  readonly name: string;
  readonly type: "string" | "integer" | "date";
  readonly jsonPath: string;
  readonly description: string;
  /** Above 0: shown with `-o wide` only. */
  readonly priority?: number;
}

/**
 * What a CustomResourceDefinition has beyond the shape of its objects. Paths of fields are written as
 * `spec.Options.routes`, items of a list as `hostDevices[]`, values of a map as `networkIds{}`; the root is `""`.
 */
export interface CrdDefinition {
  readonly kind: Kind;
  readonly schema: z.ZodMiniType;
  /** Every field needs a description; one for a field that does not exist is an error. */
  readonly descriptions: Readonly<Record<string, string>>;
  readonly rules: Readonly<Record<string, readonly Rule[]>>;
  readonly keywords: Readonly<Record<string, FieldKeywords>>;
  readonly columns: readonly PrinterColumn[];
  readonly selectableFields?: readonly string[];
  readonly status: boolean;
}

type Node = Record<string, unknown> & {
  properties?: Record<string, Node>;
  items?: Node;
  additionalProperties?: Node | boolean;
  anyOf?: Node[];
};

/**
 * Renders the CustomResourceDefinition of a kind.
 *
 * @throws {Error} when a field has no description or bound, or when a description, rule or keyword names no field
 */
export function renderCrd(definition: CrdDefinition): Record<string, unknown> {
  const { kind, plural, singular, shortNames, scope } = RESOURCES[definition.kind];
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: crdName(definition.kind) },
    spec: {
      group: API_GROUP,
      names: { kind, listKind: `${kind}List`, plural, singular, shortNames: [...shortNames], categories: ["danm"] },
      scope,
      versions: [{
        name: "v1",
        served: true,
        storage: true,
        schema: { openAPIV3Schema: renderSchema(definition) },
        ...(definition.status ? { subresources: { status: {} } } : {}),
        ...(definition.selectableFields
          ? { selectableFields: definition.selectableFields.map((jsonPath) => ({ jsonPath })) }
          : {}),
        additionalPrinterColumns: definition.columns.map((column) => ({ ...column })),
      }],
    },
  };
}

function renderSchema(definition: CrdDefinition): Node {
  const root = z.toJSONSchema(definition.schema, { target: "openapi-3.0", io: "input" }) as Node;
  // The API server brings metadata's own schema.
  delete root.properties?.metadata;
  const required = (root.required as string[] | undefined)?.filter((name) => name !== "metadata") ?? [];
  const used = new Set<string>();
  const rendered = decorate({ ...root, required }, "", { definition, used });
  const named = [definition.descriptions, definition.rules, definition.keywords].flatMap(Object.keys);
  const unknown = named.filter((path) => !used.has(path));
  if (unknown.length > 0) throw new Error(`${definition.kind} has no field ${[...new Set(unknown)].join(", ")}`);
  return rendered;
}

interface Walk {
  readonly definition: CrdDefinition;
  readonly used: Set<string>;
}

function decorate(node: Node, path: string, walk: Walk): Node {
  const { definition, used } = walk;
  used.add(path);
  const isElement = path.endsWith("[]") || path.endsWith("{}");
  const description = definition.descriptions[path];
  if (description === undefined && !isElement) {
    throw new Error(`${definition.kind}: ${path || "root"} lacks a description`);
  }
  const rules = definition.rules[path];
  const decorated: Node = {
    ...(description === undefined ? {} : { description }),
    ...plain(node),
    ...definition.keywords[path],
    ...(rules ? { "x-kubernetes-validations": rules.map((rule) => ({ ...rule })) } : {}),
  };
  requireBounds(node, decorated, `${definition.kind}: ${path || "root"}`);
  if (node.properties) {
    decorated.properties = Object.fromEntries(
      Object.entries(node.properties).map((
        [key, child],
      ) => [key, decorate(child, path ? `${path}.${key}` : key, walk)]),
    );
  }
  if (node.items) decorated.items = decorate(node.items, `${path}[]`, walk);
  if (typeof node.additionalProperties === "object") {
    decorated.additionalProperties = decorate(node.additionalProperties, `${path}{}`, walk);
  }
  return decorated;
}

/** The node itself in the words of a structural schema, without its children. */
function plain(node: Node): Node {
  const { properties: _p, items: _i, additionalProperties: _a, anyOf, propertyNames: _n, required, ...own } = node;
  if (anyOf) return intOrString(anyOf);
  if (Array.isArray(required) && required.length > 0) own.required = required;
  if (own.type === "integer") own.format = "int64";
  // zod's own bounds of integers, not ours.
  if (own.maximum === Number.MAX_SAFE_INTEGER) delete own.maximum;
  if (own.minimum === Number.MIN_SAFE_INTEGER) delete own.minimum;
  if (typeof own.format === "string" && own.type === "string") delete own.format;
  return own as Node;
}

function intOrString(anyOf: Node[]): Node {
  return {
    "x-kubernetes-int-or-string": true,
    anyOf: anyOf.map(({ type }) => ({ type })),
    maxLength: Math.max(...anyOf.map(({ maxLength }) => Number(maxLength ?? 0))),
  } as Node;
}

/** Unbounded fields would make the API server refuse the rules as too costly, and let one object fill etcd. */
function requireBounds(node: Node, decorated: Node, where: string): void {
  const isMap = typeof node.additionalProperties === "object";
  const bounded = {
    string: "maxLength" in decorated || "enum" in decorated || decorated.format === "date-time",
    array: "maxItems" in decorated && "x-kubernetes-list-type" in decorated,
    object: !isMap || "maxProperties" in decorated,
    integer: "minimum" in decorated,
  }[String(node.type)];
  if (bounded === false) throw new Error(`${where} has no bound`);
}
