import type { IpamChoice } from "../ipam/plan_ipam.ts";
import { SchemaError } from "../shared/schema/describe_issues.ts";
import { isDeeperThan, MAX_DEPTH } from "../shared/schema/json_depth.ts";
import { isPathComponent } from "../shared/schema/path_component.ts";

/** The CNI configuration of a static delegate as it stands, and where. */
export interface DelegateConf {
  /** For messages: the path of the file. */
  readonly source: string;
  /** A configuration, or a list of them. */
  readonly document: Readonly<Record<string, unknown>>;
}

/** One plugin of a delegate, with its configuration. */
export interface DelegatePlugin {
  readonly type: string;
  readonly conf: Readonly<Record<string, unknown>>;
  /** Verbs that its list keeps from its plugins; absent = none. */
  readonly skips?: readonly SkippedVerb[] | undefined;
}

/** A verb that a list of plugins may switch off. */
export type SkippedVerb = "CHECK" | "GC";

/** What a delegate is executed with. */
export interface PlannedDelegate {
  /** In the order in which they are executed. */
  readonly plugins: readonly DelegatePlugin[];
  readonly ipam: IpamChoice;
}

/**
 * Reads the configuration of a network's static delegate: a single one, or a list whose first plugin is the network's
 * type. `name` and `cniVersion` are filled in where they are missing.
 *
 * @param options.cniVersion of our own configuration
 * @throws {SchemaError} naming the file and every field that is wrong
 */
export function planDelegatePlugins(
  { source, document }: DelegateConf,
  options: {
    network: { readonly spec: { readonly NetworkID?: string | undefined; readonly NetworkType: string } };
    cniVersion: string;
  },
): DelegatePlugin[] {
  const { network: { spec: { NetworkID = "", NetworkType } }, cniVersion } = options;
  if (isDeeperThan(document, MAX_DEPTH)) throw wrong(source, "", `must not have more than ${MAX_DEPTH} levels`);
  const list = document["plugins"];
  const confs: unknown[] = list === undefined ? [document] : Array.isArray(list) ? list : [];
  if (confs.length === 0) throw wrong(source, "plugins", "must be a list of configurations, with one at least");
  const shared = {
    cniVersion: findText(document, "cniVersion", source) ?? cniVersion,
    name: findText(document, "name", source) ?? NetworkID,
  };
  const skips = list === undefined ? [] : readSkips(document);
  const plugins = confs.map((conf, index): DelegatePlugin => {
    const field = list === undefined ? "" : `plugins[${index}].`;
    if (!isObject(conf)) throw wrong(source, `plugins[${index}]`, "must be an object");
    const type = checkType(conf["type"], { source, field });
    return { type, conf: { ...conf, ...shared }, ...(skips.length > 0 && { skips }) };
  });
  const [first] = plugins;
  if (first && first.type.toLowerCase() !== NetworkType) {
    throw wrong(
      source,
      list === undefined ? "type" : "plugins[0].type",
      `is ${JSON.stringify(first.type)}, the network's NetworkType is ${JSON.stringify(NetworkType)}`,
    );
  }
  return plugins;
}

/** @see https://github.com/containernetworking/cni/blob/spec-v1.1.0/SPEC.md#configuration-format */
function readSkips(list: DelegateConf["document"]): SkippedVerb[] {
  const keys = { disableCheck: "CHECK", disableGC: "GC" } as const;
  // libcni takes the text, too.
  return Object.entries(keys).filter(([key]) => [true, "true"].includes(list[key] as string)).map(([, verb]) => verb);
}

/** `danm` would call itself without end. */
function checkType(type: unknown, { source, field }: { source: string; field: string }): string {
  if (typeof type !== "string" || !isPathComponent(type)) {
    throw wrong(source, `${field}type`, `must be the name of a plugin, not ${JSON.stringify(type)}`);
  }
  if (type.toLowerCase() === "danm") throw wrong(source, `${field}type`, "must not be danm itself");
  return type;
}

/** A JSON object. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** An empty one counts as missing, as with libcni. */
function findText(document: DelegateConf["document"], field: string, source: string): string | undefined {
  const value = document[field];
  if (value === undefined || value === "") return undefined;
  if (typeof value === "string") return value;
  throw wrong(source, field, `must be a text, not ${JSON.stringify(value)}`);
}

function wrong(source: string, field: string, reason: string): SchemaError {
  return new SchemaError(source, [{ field, reason }]);
}
