import "../../shared/schema/locale.ts";
import { AddressError, parseAddress, parseCidr } from "../../shared/schema/address.ts";
import { parse, SchemaError } from "../../shared/schema/describe_issues.ts";
import { isDeeperThan, MAX_DEPTH } from "../../shared/schema/json_depth.ts";
import { NAD_ANNOTATION } from "../../shared/schema/nad.ts";
import * as z from "zod/mini";

/** What a Pod asks of one NetworkAttachmentDefinition. */
export interface NadSelection {
  readonly namespace: string;
  readonly name: string;
  /** Name of the interface: as asked for, else `net<position>`, counted from 1. */
  readonly interface: string;
  /** Addresses for the plugin's IPAM, with or without prefix length. */
  readonly ips: readonly string[];
  readonly mac?: string | undefined;
  /** For `args.cni` of the configuration. */
  readonly cniArgs?: Readonly<Record<string, unknown>> | undefined;
  /**
   * Gateways of the default route over this interface, one of a family at most; empty: the default route that its plugin
   * sets is the Pod's. Undefined = it may lose its own to another interface.
   */
  readonly defaultRoute?: readonly string[] | undefined;
  /** What plugins get that declare the capability, by its name. */
  readonly capabilityArgs: Readonly<Record<string, unknown>>;
}

/** Others write empty values for what they do not say. */
function maybe(schema: z.ZodMiniString): z.ZodMiniType<string | null | undefined> {
  return z.optional(z.nullable(z.union([z.literal(""), schema])));
}

function kubernetesName(maxLength: number): z.ZodMiniString {
  return z.string().check(
    z.maxLength(maxLength),
    z.regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/, "must be a name in Kubernetes"),
  );
}

function hex(bytes: number): z.ZodMiniString {
  const pattern = new RegExp(`^([0-9A-Fa-f]{2}:){${bytes - 1}}[0-9A-Fa-f]{2}$`);
  return z.string().check(z.regex(pattern, `must be ${bytes} bytes in hex, with colons between`));
}

const interfaceName = z.string().check(
  z.regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}$/, "must be 1 to 15 letters, digits, _, . or -"),
  z.refine((name) => name !== "lo", "must not be lo, which every sandbox has"),
);
const address = readable(parseAddress);
const addressOrCidr = readable((text) => text.includes("/") ? parseCidr(text) : parseAddress(text));
const object = z.record(z.string(), z.unknown()).check(
  z.refine((value) => !isDeeperThan(value, MAX_DEPTH), `must not have more than ${MAX_DEPTH} levels`),
);

/** One element of the JSON form. Keys that are not known are of other implementations. */
const NadElement = z.object({
  name: kubernetesName(253),
  namespace: maybe(kubernetesName(63)),
  interface: maybe(interfaceName),
  ips: z.optional(z.nullable(z.array(addressOrCidr))),
  mac: maybe(hex(6)),
  "infiniband-guid": maybe(hex(8)),
  "cni-args": z.optional(z.nullable(object)),
  "default-route": z.optional(z.nullable(
    z.array(address).check(z.refine(
      (gateways) => new Set(gateways.map((text) => text.includes(":"))).size === gateways.length,
      "must have one gateway of each family at most",
    )),
  )),
  portMappings: z.optional(z.nullable(z.array(object))),
  bandwidth: z.optional(z.nullable(object)),
});

/** As many as an annotation of ours may have. */
const NadElements = z.array(NadElement).check(z.maxLength(256));

/**
 * Parses the annotation {@linkcode NAD_ANNOTATION}: a JSON list, or `[<namespace>/]<name>[@<interface>]` separated by
 * commas.
 *
 * @param text empty, `[]` and `null` ask for nothing
 * @param namespace of the Pod, for those that name none
 * @throws {SchemaError} naming every field that is wrong
 * @see https://github.com/k8snetworkplumbingwg/multi-net-spec v1.3, section 4.1
 */
export function parseNadAnnotation(text: string, namespace: string): NadSelection[] {
  const trimmed = text.trim();
  if (trimmed === "" || trimmed === "null") return [];
  const elements = /["[{]/.test(trimmed) ? parseList(trimmed) : trimmed.split(",").map(parseShort);
  return parse(NadElements, elements, SUBJECT).map((element, index) => select(element, { namespace, index }));
}

const SUBJECT = `annotation ${NAD_ANNOTATION}`;

function parseList(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new SchemaError(SUBJECT, [{ field: "", reason: `is not JSON: ${(cause as Error).message}` }]);
  }
}

function parseShort(part: string, index: number): unknown {
  const text = part.trim();
  const [, namespace, name, ifname] = /^(?:([^/@]+)\/)?([^/@]+)(?:@([^/@]+))?$/.exec(text) ?? [];
  if (name !== undefined) return { name, namespace, interface: ifname };
  const reason = `${JSON.stringify(text)} is not of the form [<namespace>/]<name>[@<interface>]`;
  throw new SchemaError(SUBJECT, [{ field: `[${index}]`, reason }]);
}

function select(element: z.infer<typeof NadElement>, at: { namespace: string; index: number }): NadSelection {
  const { name, namespace, interface: ifname, ips, portMappings, bandwidth } = element;
  const mac = element.mac || undefined;
  const guid = element["infiniband-guid"];
  return {
    name,
    namespace: namespace || at.namespace,
    interface: ifname || `net${at.index + 1}`,
    ips: ips ?? [],
    ...(mac !== undefined && { mac }),
    ...(element["cni-args"] && { cniArgs: element["cni-args"] }),
    ...(element["default-route"] && { defaultRoute: element["default-route"] }),
    capabilityArgs: {
      ...(ips && ips.length > 0 && { ips }),
      ...(mac !== undefined && { mac }),
      ...(portMappings && portMappings.length > 0 && { portMappings }),
      ...(bandwidth && { bandwidth }),
      ...(guid && { infinibandGUID: guid }),
    },
  };
}

/** A text that can be read; the reason why not becomes the issue's. */
function readable(read: (text: string) => unknown): z.ZodMiniString {
  return z.string().check(z.superRefine((text, context) => {
    try {
      read(text);
    } catch (error) {
      if (!(error instanceof AddressError)) throw error;
      context.addIssue({ code: "custom", message: error.message });
    }
  }));
}
