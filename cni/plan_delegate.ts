import { CniError, ErrorCode } from "../shared/errors.ts";
import { SchemaError } from "../shared/schema/describe_issues.ts";
import type { InterfaceRequest } from "../shared/schema/interfaces_annotation.ts";
import { isDeeperThan, MAX_DEPTH } from "../shared/schema/json_depth.ts";
import type { Network } from "../shared/schema/network.ts";
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

/**
 * What becomes of the first plugin's `ipam`: `file`: it stays; `ours`: our addresses take its place; `none`: it is
 * removed.
 */
export type IpamChoice = "file" | "ours" | "none";

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

/**
 * Decides whose addresses a static delegate gives: the Pod has to ask for some, and the network has to have a subnet of
 * each family that it asks for; with none of them the delegate's own IPAM serves.
 *
 * @param at.field the entry in the annotation, `[0]`
 * @throws {CniError} code 104 when the network has one of the families and not the other, or no subnet for a static
 *   address
 */
export function chooseIpam(
  request: Pick<InterfaceRequest, "ip" | "ip6">,
  at: { network: Network; subject: string; field: string },
): IpamChoice {
  const { network: { spec: { Options: options } }, subject, field } = at;
  const families = [
    { key: "ip", asked: request.ip, subnet: "cidr", has: options.cidr !== undefined },
    { key: "ip6", asked: request.ip6, subnet: "net6", has: options.net6 !== undefined },
  ];
  if (families.every(({ asked }) => asked === undefined)) return "file";
  const asked = families.filter((family) => family.asked !== undefined && family.asked !== "none");
  if (asked.length === 0) return "none";
  const missing = asked.filter(({ has }) => !has);
  if (missing.length === 0) return "ours";
  if (missing.length === asked.length && asked.every((family) => family.asked === "dynamic")) return "file";
  const [first] = missing;
  throw new CniError(
    ErrorCode.InvalidRequest,
    `annotation danm.io/interfaces: ${field}.${first?.key}: ${subject} has no ${first?.subnet}`,
    { details: `ask for "none" there, or give the network a ${first?.subnet}` },
  );
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
