import { messageOf } from "../errors.ts";
import { KubeconfigError } from "./kube_target.ts";

/** `cluster` of an entry of `clusters`. */
export interface ClusterEntry {
  readonly server?: string;
  readonly "certificate-authority"?: string;
  readonly "certificate-authority-data"?: string;
  readonly "insecure-skip-tls-verify"?: boolean;
  readonly "tls-server-name"?: string;
  readonly "proxy-url"?: string;
  readonly extensions?: readonly { readonly name?: string; readonly extension?: unknown }[] | null;
}

/** `user` of an entry of `users`. */
export interface UserEntry {
  readonly "client-certificate"?: string;
  readonly "client-certificate-data"?: string;
  readonly "client-key"?: string;
  readonly "client-key-data"?: string;
  readonly token?: string;
  readonly tokenFile?: string;
  readonly username?: string;
  readonly password?: string;
  readonly as?: string;
  readonly "as-uid"?: string;
  readonly "as-groups"?: readonly string[];
  readonly "as-user-extra"?: unknown;
  readonly exec?: { readonly command?: string };
  readonly "auth-provider"?: unknown;
}

/**
 * A kubeconfig as it is written. Lists are lists, entries objects and the fields above of their types; nothing more is
 * checked.
 *
 * @see https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/
 */
export interface KubeconfigDocument {
  readonly "current-context"?: string;
  readonly contexts?: readonly NamedContext[] | null;
  readonly clusters?: readonly { readonly name?: string; readonly cluster?: ClusterEntry | null }[] | null;
  readonly users?: readonly { readonly name?: string; readonly user?: UserEntry | null }[] | null;
}

interface NamedContext {
  readonly name?: string;
  readonly context?: { readonly cluster?: string; readonly user?: string; readonly namespace?: string } | null;
}

/**
 * Reads a kubeconfig's text.
 *
 * @throws {KubeconfigError} when the file cannot be read, is neither JSON nor YAML, or a field has the wrong type
 */
export async function readDocument(file: string): Promise<KubeconfigDocument> {
  let text: string;
  try {
    text = await Deno.readTextFile(file);
  } catch (cause) {
    throw new KubeconfigError(`kubeconfig ${file} cannot be read: ${messageOf(cause)}`, { file, cause });
  }
  const value = await parse(text, file);
  if (!isObject(value)) {
    throw new KubeconfigError(`kubeconfig ${file} is empty or not an object; write one with kubectl config`, { file });
  }
  checkTypes(value, file);
  return value as KubeconfigDocument;
}

async function parse(text: string, file: string): Promise<unknown> {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON, hence YAML, of which JSON is a part: its parser's findings are the ones that help.
    return await parseYaml(text, file);
  }
}

/** Says where a fault is, but never quotes the text: it may be a token. */
async function parseYaml(text: string, file: string): Promise<unknown> {
  const { parseDocument } = await import("./yaml.ts");
  const document = parseDocument(text, { prettyErrors: false });
  const [fault] = document.errors;
  if (fault) {
    const line = text.slice(0, fault.pos[0]).split("\n").length;
    throw new KubeconfigError(`kubeconfig ${file} is neither JSON nor YAML: ${fault.code} in line ${line}`, { file });
  }
  try {
    return document.toJS();
  } catch {
    const why = "an alias has no anchor, or there are too many";
    throw new KubeconfigError(`kubeconfig ${file} is neither JSON nor YAML: ${why}`, { file });
  }
}

const FIELDS: Readonly<Record<string, "string" | "boolean" | "object" | "list">> = {
  server: "string",
  "certificate-authority": "string",
  "certificate-authority-data": "string",
  "insecure-skip-tls-verify": "boolean",
  "tls-server-name": "string",
  "proxy-url": "string",
  extensions: "list",
  "client-certificate": "string",
  "client-certificate-data": "string",
  "client-key": "string",
  "client-key-data": "string",
  token: "string",
  tokenFile: "string",
  exec: "object",
  cluster: "string",
  user: "string",
  namespace: "string",
};

function checkTypes(document: Record<string, unknown>, file: string): void {
  const current = document["current-context"];
  if (current !== undefined && typeof current !== "string") wrong(file, "current-context", "a string");
  for (const [list, inner] of [["contexts", "context"], ["clusters", "cluster"], ["users", "user"]] as const) {
    const entries = document[list] ?? [];
    if (!Array.isArray(entries)) wrong(file, list, "a list");
    for (const [index, entry] of entries.entries()) {
      if (!isObject(entry)) wrong(file, `${list}[${index}]`, "an object");
      const value = entry[inner] ?? {};
      const at = `${list}[${entry["name"] ?? index}].${inner}`;
      if (!isObject(value)) wrong(file, at, "an object");
      for (const [key, content] of Object.entries(value)) {
        const type = FIELDS[key];
        if (type && content !== null && typeOf(content) !== type) wrong(file, `${at}.${key}`, `a ${type}`);
      }
    }
  }
}

function typeOf(value: unknown): string {
  return Array.isArray(value) ? "list" : typeof value;
}

function wrong(file: string, field: string, wanted: string): never {
  throw new KubeconfigError(`kubeconfig ${file}: ${field} must be ${wanted}`, { file, field });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
