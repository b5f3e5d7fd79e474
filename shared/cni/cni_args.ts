import { CniError, ErrorCode } from "../errors.ts";
import { quote } from "./quote.ts";

/** Which Pod a runtime calls the plugin for. */
export interface PodIdentity {
  readonly namespace: string;
  readonly name: string;
  /** Absent from older runtimes. A static Pod's is the hash of its manifest, not the UID of its mirror Pod. */
  readonly uid: string | undefined;
}

/** The `KEY=value` pairs of CNI_ARGS, in any order. */
export function parseCniArgs(text: string): ReadonlyMap<string, string> {
  const pairs = text.split(";").filter((pair) => pair !== "").map((pair): [string, string] => {
    const at = pair.indexOf("=");
    if (at <= 0) {
      throw new CniError(
        ErrorCode.InvalidEnvironment,
        `CNI_ARGS: ${quote(pair)} is not of the form KEY=value`,
      );
    }
    return [pair.slice(0, at), pair.slice(at + 1)];
  });
  return new Map(pairs);
}

/**
 * The Pod that the runtime names in CNI_ARGS.
 *
 * @throws {CniError} code 4, naming every argument that is missing or malformed
 */
export function podOf(args: ReadonlyMap<string, string>): PodIdentity {
  const namespace = args.get("K8S_POD_NAMESPACE") ?? "";
  const name = args.get("K8S_POD_NAME") ?? "";
  const uid = args.get("K8S_POD_UID") || undefined;
  const wrong = [
    ...(isDnsName(namespace, 63) ? [] : [`K8S_POD_NAMESPACE=${quote(namespace)}`]),
    ...(isDnsName(name, 253) ? [] : [`K8S_POD_NAME=${quote(name)}`]),
    ...(uid === undefined || /^[a-zA-Z0-9-]{1,64}$/.test(uid) ? [] : [`K8S_POD_UID=${quote(uid)}`]),
  ];
  if (wrong.length === 0) return { namespace, name, uid };
  throw new CniError(ErrorCode.InvalidEnvironment, `CNI_ARGS: missing or malformed: ${wrong.join(", ")}`, {
    details: "the container runtime passes these for every Pod; a caller by hand has to set them",
  });
}

/** Also keeps the values from being anything else than one component of a URL's path. */
function isDnsName(text: string, maxLength: number): boolean {
  return text.length <= maxLength && /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(text) && !text.includes("..");
}

/**
 * The Pod's namespace as far as it can be told; arguments that are malformed are no reason for DEL to fail.
 *
 * @param args CNI_ARGS
 */
export function namespaceIn(args: string): string | undefined {
  return /(?:^|;)K8S_POD_NAMESPACE=([^;]+)/.exec(args)?.[1];
}
