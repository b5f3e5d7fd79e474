import { CniError, ErrorCode, messageOf } from "../../shared/errors.ts";
import { SchemaError } from "../../shared/schema/describe_issues.ts";
import { describeNad, type Nad } from "../../shared/schema/nad.ts";
import { type DelegateConf, isObject } from "../plan_delegate.ts";

/** Endings of files that runtimes and meta-plugins read configurations from. */
const SUFFIX = /\.(conf|conflist|json)$/;

/**
 * The CNI configuration of a NetworkAttachmentDefinition: its `config`; where that is empty, the first file of the
 * node's directory whose `name` is that of the definition.
 *
 * @param at.namespace of the definition
 * @throws {SchemaError} when `config` is not a JSON object
 * @throws {CniError} code 7 when there is no such file, 5 when the directory cannot be read
 */
export async function readNadConf(
  { metadata: { name }, spec }: Nad,
  at: { namespace: string; cniDir: string },
): Promise<DelegateConf> {
  const subject = describeNad({ namespace: at.namespace, name });
  const config = spec?.config?.trim() ?? "";
  if (config === "") return await findFile(name, { subject, cniDir: at.cniDir });
  const { document, reason } = readDocument(config);
  if (document) return { source: `${subject}: spec.config`, document };
  throw new SchemaError(subject, [{ field: "spec.config", reason }]);
}

async function findFile(name: string, { subject, cniDir }: { subject: string; cniDir: string }): Promise<DelegateConf> {
  const unreadable: string[] = [];
  for (const file of await listFiles(cniDir)) {
    const source = `${cniDir}/${file}`;
    const { document, reason } = readDocument(await Deno.readTextFile(source));
    if (document?.["name"] === name) return { source, document };
    if (!document) unreadable.push(`${file} ${reason}`);
  }
  const why = unreadable.length > 0 ? `; ${unreadable.join(", ")}` : "";
  throw new CniError(
    ErrorCode.InvalidConfig,
    `${subject}: spec.config is empty, and no file in ${cniDir} has the name ${JSON.stringify(name)}${why}`,
    { details: "write the configuration into spec.config, or put the file there on every node" },
  );
}

async function listFiles(cniDir: string): Promise<string[]> {
  try {
    const entries = await Array.fromAsync(Deno.readDir(cniDir));
    return entries.filter((entry) => !entry.isDirectory && SUFFIX.test(entry.name)).map((entry) => entry.name).sort();
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return [];
    throw new CniError(ErrorCode.IoFailure, `${cniDir} cannot be read: ${messageOf(cause)}`, { cause });
  }
}

function readDocument(
  text: string,
): { document: Record<string, unknown>; reason?: never } | { document?: never; reason: string } {
  try {
    const document: unknown = JSON.parse(text);
    return isObject(document) ? { document } : { reason: "must be a JSON object" };
  } catch (error) {
    return { reason: `is not JSON: ${messageOf(error)}` };
  }
}
