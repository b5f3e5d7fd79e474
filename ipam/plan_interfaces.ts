import { CniError, ErrorCode } from "../shared/errors.ts";
import { SchemaError } from "../shared/schema/describe_issues.ts";
import type { NetConf } from "../shared/schema/netconf.ts";
import type { IpamChoice } from "./plan_ipam.ts";

/** How interfaces after the first get their names; the empty one is `awesome`. */
export type NamingScheme = NetConf["namingScheme"];

/** Every sandbox has it; nobody makes or deletes it. */
export const LOOPBACK = "lo";

/**
 * Name of an interface that is not the Pod's first.
 *
 * @param at.prefix `container_prefix` of its network
 * @param at.index its place in the annotation, from 0
 * @param at.subject the network as messages name it
 * @throws {SchemaError} when no link can have the name
 */
export function nameInterface(
  namingScheme: NamingScheme,
  at: { prefix: string | undefined; index: number; subject: string },
): string {
  const { prefix, index } = at;
  const name = prefix && namingScheme === "legacy" ? prefix : `${prefix || "eth"}${index}`;
  const bytes = new TextEncoder().encode(name).length;
  if (bytes <= 15 && name !== LOOPBACK) return name;
  const reason = name === LOOPBACK
    ? `interface ${index} would be called ${LOOPBACK}, as every sandbox has one already`
    : `the name ${name} of interface ${index} has ${bytes} bytes, a link's name has at most 15`;
  throw new SchemaError(at.subject, [{ field: "spec.Options.container_prefix", reason }]);
}

/** An interface with its name. */
export interface NamedInterface {
  readonly interface: string;
  /** The network as messages name it. */
  readonly subject: string;
}

/** One error, code 104, for each interface whose name another one before it has. */
export function findRepeatedNames(planned: readonly NamedInterface[]): CniError[] {
  const errors: CniError[] = [];
  const seen = new Map<string, string>();
  for (const { interface: name, subject } of planned) {
    const first = seen.get(name);
    if (first !== undefined) {
      errors.push(
        new CniError(ErrorCode.InvalidRequest, `interface name ${name} is given twice: by ${first} and by ${subject}`, {
          details: "change container_prefix of one of the networks, or `interface` or the order in the annotation",
        }),
      );
    }
    seen.set(name, subject);
  }
  return errors;
}

/** Whether an interface surely has no address: nobody gives it one. */
export function isBare({ addresses, ipam }: { addresses: readonly unknown[]; ipam: IpamChoice | undefined }): boolean {
  return addresses.length === 0 && ipam !== "file";
}

/** The error, code 104, for a first interface without address: container runtimes refuse such a Pod in less clear words. */
export function withoutAddress({ interface: name, subject }: NamedInterface): CniError {
  return new CniError(ErrorCode.InvalidRequest, `${name} on ${subject} would have no address`, {
    details: "container runtimes refuse a Pod whose first interface has none: ask for ip or ip6 in the first entry",
  });
}
