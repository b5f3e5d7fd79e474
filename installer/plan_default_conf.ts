import { isPathComponent } from "../shared/schema/path_component.ts";

/** A file of the runtime's configurations. */
export interface ConfFile {
  readonly name: string;
  readonly text: string;
}

/** The configuration of the CNI plugin that becomes, or is, the network `default`. */
export interface DefaultConf {
  readonly file: string;
  /** The file's name without its ending. */
  readonly networkID: string;
  /** Of its first plugin. */
  readonly type: string;
  /** Of all its plugins, in their order. */
  readonly types: readonly string[];
  /** What its plugins want to be told by the runtime. */
  readonly capabilities: Readonly<Record<string, true>>;
}

/** A configuration that cannot be used, or none. The message says what to do. */
export class ConfError extends Error {
  override readonly name = "ConfError";
}

/**
 * The configuration that the runtime would use without ours: the first by name, or the one that is wanted.
 *
 * @param files what is in the runtime's folder
 * @param options.ours name of our own file, which does not count
 * @throws {ConfError} when there is none, or it is none that a network can name
 */
export function planDefaultConf(
  files: readonly ConfFile[],
  { ours, wanted }: { ours: string; wanted?: string | undefined },
): DefaultConf {
  const others = files.filter(({ name }) => isConf(name) && name !== ours)
    .sort((a, b) => a.name < b.name ? -1 : 1);
  const found = wanted === undefined ? others[0] : others.find(({ name }) => name === wanted);
  if (!found) {
    const there = others.map(({ name }) => name).join(", ") || "none";
    throw new ConfError(
      wanted === undefined
        ? "there is no CNI configuration besides ours: install the cluster's CNI plugin first, or create the network " +
          "`default` yourself (setting defaultNetwork: given)"
        : `there is no CNI configuration ${wanted} (there are: ${there}); correct the setting defaultConf`,
    );
  }
  return readDefaultConf(found);
}

/**
 * Reads one configuration.
 *
 * @throws {ConfError} when it is none that a network can name
 */
export function readDefaultConf({ name, text }: ConfFile): DefaultConf {
  const networkID = name.replace(/\.(conf|conflist)$/, "");
  if (networkID === name || !isPathComponent(networkID)) {
    throw new ConfError(`${name}: a network can only name a file <NetworkID>.conf or <NetworkID>.conflist; rename it`);
  }
  const plugins = pluginsOf(parseObject(text, name)).map((plugin) => isObject(plugin) ? plugin : {});
  const types = plugins.map(({ type }) => typeof type === "string" && isPathComponent(type) ? type : undefined);
  const [type] = types;
  if (type === undefined || types.includes(undefined)) throw new ConfError(`${name}: a plugin without a type`);
  const declared = plugins.flatMap(({ capabilities }) => isObject(capabilities) ? Object.entries(capabilities) : []);
  const capabilities = Object.fromEntries(
    declared.filter(([, on]) => on === true).map(([key]) => [key, true as const]),
  );
  return { file: name, networkID, type, types: types.filter((one) => one !== undefined), capabilities };
}

/** Names of configurations that the runtime prefers to ours. */
export function planShadows(names: readonly string[], ours: string): string[] {
  return names.filter((name) => isConf(name) && name < ours).sort();
}

/** Files with these endings are the ones that runtimes read. */
function isConf(name: string): boolean {
  return /\.(conf|conflist|json)$/.test(name);
}

function pluginsOf(document: Record<string, unknown>): readonly unknown[] {
  const { plugins } = document;
  return Array.isArray(plugins) ? plugins : [document];
}

function parseObject(text: string, name: string): Record<string, unknown> {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    throw new ConfError(`${name} is not JSON`, { cause });
  }
  if (isObject(document)) return document;
  throw new ConfError(`${name} is not a JSON object`);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
