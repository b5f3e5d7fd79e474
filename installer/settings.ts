import { messageOf } from "../shared/errors.ts";
import { isPathComponent } from "../shared/schema/path_component.ts";
import { parse } from "../shared/schema/describe_issues.ts";
import { MAX_TIMEOUT_MS } from "../shared/schema/netconf.ts";
import * as z from "zod/mini";
import { findText } from "./atomic_file.ts";

/** What administrators choose, each a key of the ConfigMap `danm-settings`; a key that is missing or empty has its default. */
export const Settings = z.strictObject({
  logLevel: z.optional(z.enum(["debug", "info", "warn", "error"])),
  namingScheme: z.optional(z.enum(["awesome", "legacy"])),
  nadSupport: z.optional(z.boolean()),
  timeoutMs: z.optional(z.int().check(z.minimum(1), z.maximum(MAX_TIMEOUT_MS))),
  /** File name of the configuration that becomes the network `default`; not set = the first by name that is not ours. */
  defaultConf: z.optional(z.string().check(z.refine(isPathComponent, "must be the name of a file"))),
  /** `create` (not set): the installer creates the ClusterNetwork `default`. `given`: the administrator has networks. */
  defaultNetwork: z.optional(z.enum(["create", "given"])),
  /** URL of the API server, where plugins cannot use the one of the Pod's environment. */
  apiServer: z.optional(z.url("must be a URL such as https://api.example.com:6443")),
});
/** What administrators choose. */
export type Settings = z.infer<typeof Settings>;

/** Settings that are no text. */
const READ: Readonly<Record<string, (text: string) => unknown>> = {
  nadSupport: (text) => ({ true: true, false: false })[text] ?? text,
  timeoutMs: (text) => /^\d+$/.test(text) ? Number(text) : text,
};

/**
 * Reads the settings from a folder with a file for each, as a ConfigMap is mounted.
 *
 * @param dir undefined or missing = all defaults
 * @throws {SchemaError} naming the keys that are wrong, or not known
 */
export async function readSettings(dir: string | undefined): Promise<Settings> {
  const values: Record<string, unknown> = {};
  for (const name of await keysIn(dir)) {
    const text = (await findText(`${dir}/${name}`))?.trim() ?? "";
    if (text !== "") values[name] = READ[name]?.(text) ?? text;
  }
  return parse(Settings, values, "ConfigMap danm-settings");
}

/** A mounted ConfigMap also has links and folders whose names begin with two dots. */
async function keysIn(dir: string | undefined): Promise<string[]> {
  if (dir === undefined) return [];
  try {
    return (await Array.fromAsync(Deno.readDir(dir))).map(({ name }) => name).filter((name) => !name.startsWith("."));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw new Error(`${dir} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}
