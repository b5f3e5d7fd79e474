import "./locale.ts";
import { AddressError, formatAddress, formatCidr, parseAddress, parseCidr } from "./address.ts";
import { fieldIssues, SchemaError } from "./describe_issues.ts";
import type { NetworkKind } from "./network.ts";
import { isObjectName } from "./object_name.ts";
import * as z from "zod/mini";

/** Most interfaces that one Pod may ask for. */
export const MAX_INTERFACES = 256;

/** Nobody reads more, and an annotation has room for tens of thousands. */
const MAX_ISSUES = 100;

const NETWORK_FIELDS = {
  network: "DanmNet",
  tenantNetwork: "TenantNetwork",
  clusterNetwork: "ClusterNetwork",
} as const satisfies Record<string, NetworkKind>;

/** One entry of the annotation as users write it. */
export const InterfacesAnnotationEntry = z.strictObject({
  network: z.optional(z.string()),
  tenantNetwork: z.optional(z.string()),
  clusterNetwork: z.optional(z.string()),
  ip: z.optional(z.string()),
  ip6: z.optional(z.string()),
  proutes: z.optional(z.nullable(z.record(z.string(), z.string()))),
  proutes6: z.optional(z.nullable(z.record(z.string(), z.string()))),
});
/** One entry of the annotation as users write it. */
export type InterfacesAnnotationEntry = z.infer<typeof InterfacesAnnotationEntry>;

/** The annotation `danm.io/interfaces` as users write it: a list, one entry an interface. */
export const InterfacesAnnotation = z.array(InterfacesAnnotationEntry).check(z.maxLength(MAX_INTERFACES));
/** The annotation `danm.io/interfaces` as users write it. */
export type InterfacesAnnotation = z.infer<typeof InterfacesAnnotation>;

/** One interface that a Pod asks for, checked. */
export interface InterfaceRequest {
  /** Kind and name of the network object; its namespace, where it has one, is the Pod's. */
  readonly kind: NetworkKind;
  readonly name: string;
  /** `dynamic`, `none`, or a static IPv4 address in canonical form, with a prefix length if one was given. */
  readonly ip?: string;
  /** `dynamic`, `none`, or a static IPv6 address in canonical form, with a prefix length if one was given. */
  readonly ip6?: string;
  /** Policy routes, `{destination subnet: gateway}`, canonical, host bits cleared. */
  readonly proutes?: Readonly<Record<string, string>>;
  readonly proutes6?: Readonly<Record<string, string>>;
}

/**
 * Parses the annotation that lists the interfaces of a Pod.
 *
 * @param text JSON; empty, `null` and `[]` mean that the Pod asks for nothing (it then gets the default network)
 * @param name full name of the annotation, for messages
 * @throws {SchemaError} naming the index of every wrong entry, and its field
 */
export function parseInterfacesAnnotation(text: string, name = "danm.io/interfaces"): InterfaceRequest[] {
  const subject = `annotation ${name}`;
  const value = parseJson(text, subject);
  if (value === undefined || value === null) return [];
  const parsed = InterfacesAnnotation.safeParse(value);
  if (!parsed.success) throw new SchemaError(subject, fieldIssues(parsed.error));
  const issues: Issue[] = [];
  const requests = parsed.data.map((entry, index) =>
    requestOf(entry, (field, reason) => {
      issues.push({ field: `[${index}]${field && `.${field}`}`, reason });
      if (issues.length >= MAX_ISSUES) throw new SchemaError(subject, issues);
    })
  );
  if (issues.length > 0) throw new SchemaError(subject, issues);
  return requests;
}

interface Issue {
  readonly field: string;
  readonly reason: string;
}
type Report = (field: string, reason: string) => void;

function parseJson(text: string, subject: string): unknown {
  if (text.trim() === "") return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new SchemaError(subject, [{ field: "", reason: `not JSON: ${(error as SyntaxError).message}` }]);
  }
}

function requestOf(entry: InterfacesAnnotationEntry, report: Report): InterfaceRequest {
  const fields = Object.keys(NETWORK_FIELDS) as (keyof typeof NETWORK_FIELDS)[];
  const named = fields.filter((field) => entry[field]);
  const field = named[0];
  if (named.length !== 1 || field === undefined) {
    const got = named.length === 0 ? "none" : named.join(" and ");
    report(named[1] ?? "", `exactly one of ${fields.join(", ")} must be given, got ${got}`);
  }
  const name = field === undefined ? "" : entry[field] ?? "";
  if (field !== undefined && !isObjectName(name)) {
    report(field, `${JSON.stringify(name)} is not the name of an object`);
  }
  return {
    kind: NETWORK_FIELDS[field ?? "network"],
    name,
    ...optional("ip", ipOf(entry.ip, { field: "ip", family: 4, report })),
    ...optional("ip6", ipOf(entry.ip6, { field: "ip6", family: 6, report })),
    ...optional("proutes", routesOf(entry.proutes, { field: "proutes", family: 4, report })),
    ...optional("proutes6", routesOf(entry.proutes6, { field: "proutes6", family: 6, report })),
  };
}

interface Where {
  readonly field: string;
  readonly family: 4 | 6;
  readonly report: Report;
}

function ipOf(text: string | undefined, at: Where): string | undefined {
  if (text === undefined || text === "") return undefined;
  if (text === "dynamic" || text === "none") return text;
  return canonical(text, at, { expected: "dynamic, none or an address", withPrefix: true });
}

function routesOf(routes: Record<string, string> | null | undefined, at: Where): Record<string, string> | undefined {
  const entries = Object.entries(routes ?? {});
  if (entries.length === 0) return undefined;
  const checked: Record<string, string> = {};
  for (const [written, gateway] of entries) {
    const where = { ...at, field: `${at.field}[${written}]` };
    const destination = subnet(written, where);
    if (Object.hasOwn(checked, destination)) at.report(where.field, `${destination} is there twice`);
    checked[destination] = canonical(gateway, where, { expected: "the address of a gateway", withPrefix: false });
  }
  return checked;
}

function subnet(text: string, at: Where): string {
  const cidr = attempt(() => parseCidr(text), at);
  if (cidr === undefined) return text;
  if (cidr.family !== at.family) at.report(at.field, `${JSON.stringify(text)} is not an IPv${at.family} subnet`);
  return formatCidr(cidr);
}

interface Form {
  /** What the user may write there, for the message. */
  readonly expected: string;
  readonly withPrefix: boolean;
}

function canonical(text: string, at: Where, { expected, withPrefix }: Form): string {
  const parsed = attempt(
    () => {
      if (!withPrefix || !text.includes("/")) return { address: parseAddress(text), suffix: "" };
      const cidr = parseCidr(text);
      return { address: { family: cidr.family, value: cidr.host }, suffix: `/${cidr.prefix}` };
    },
    at,
    expected,
  );
  if (parsed === undefined) return text;
  const { address, suffix } = parsed;
  if (address.family !== at.family) at.report(at.field, `${JSON.stringify(text)} is not an IPv${at.family} address`);
  return formatAddress(address) + suffix;
}

function attempt<T>(run: () => T, at: Where, expected?: string): T | undefined {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof AddressError)) throw error;
    at.report(at.field, expected === undefined ? error.message : `${error.message}; expected ${expected}`);
    return undefined;
  }
}

function optional<K extends string, V>(key: K, value: V | undefined): { [key in K]?: V } {
  return value === undefined ? {} : { [key]: value } as { [key in K]?: V };
}
