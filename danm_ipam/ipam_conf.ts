import { CniError, ErrorCode, messageOf } from "../shared/errors.ts";
import { parse } from "../shared/schema/describe_issues.ts";
import type { NetworkKind } from "../shared/schema/network.ts";
import { DEFAULT_LOG_FILE, DEFAULT_TIMEOUT_MS, MAX_TIMEOUT_MS } from "../shared/schema/netconf.ts";
import * as z from "zod/mini";

const NETWORK_KEYS = {
  network: "DanmNet",
  tenantNetwork: "TenantNetwork",
  clusterNetwork: "ClusterNetwork",
} as const satisfies Record<string, NetworkKind>;

const networkName = z.string().check(
  z.regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/, "must be the name of a network object"),
  z.maxLength(140),
);

/**
 * Whoever may write NetworkAttachmentDefinitions writes this section, and root appends to the file that it names: not to
 * any file of the host.
 */
const LogFile = z.string().check(
  z.regex(/^\/var\/log(\/(?!\.\.?(\/|$))[^/\0]+)+$/, "must be a file below /var/log"),
);

/** The `ipam` section as users write it. Keys that are not known are refused: they would be of another plugin. */
export const IpamSection = z.strictObject({
  type: z.string(),
  /** Path of the kubeconfig. */
  kubeconfig: z.string().check(z.minLength(1, "must be the path of a kubeconfig")),
  network: z.optional(networkName),
  tenantNetwork: z.optional(networkName),
  clusterNetwork: z.optional(networkName),
  /** `dynamic`, `none` or a static address; absent = dynamic if the network has that family. */
  ip: z.optional(z.string()),
  ip6: z.optional(z.string()),
  /** Name of the Node object; absent = the Pod's `spec.nodeName`, then the hostname. */
  nodeName: z.optional(z.string()),
  timeoutMs: z._default(z.int().check(z.minimum(1), z.maximum(MAX_TIMEOUT_MS)), DEFAULT_TIMEOUT_MS),
  logFile: z._default(LogFile, DEFAULT_LOG_FILE),
  logLevel: z._default(z.enum(["debug", "info", "warn", "error"]), "info"),
});
/** The `ipam` section as users write it. */
export type IpamSection = z.infer<typeof IpamSection>;

/** The `ipam` section, checked. */
export interface IpamConf extends IpamSection {
  readonly networkKind: NetworkKind;
  readonly networkName: string;
}

/**
 * Reads the `ipam` section of a configuration.
 *
 * @throws {CniError} code 7 naming every key that is wrong
 */
export function parseIpamConf(conf: Readonly<Record<string, unknown>>): IpamConf {
  const section = parseSection(conf["ipam"]);
  const named = Object.entries(NETWORK_KEYS).flatMap(([key, networkKind]) => {
    const name = section[key as keyof typeof NETWORK_KEYS];
    return name === undefined ? [] : [{ networkKind, networkName: name }];
  });
  const [network, ...more] = named;
  if (network && more.length === 0) return { ...section, ...network };
  const keys = Object.keys(NETWORK_KEYS).join(", ");
  throw new CniError(
    ErrorCode.InvalidConfig,
    `configuration: ipam names ${named.length === 0 ? "no network" : `${named.length} networks`}`,
    { details: `give exactly one of ${keys}` },
  );
}

/** The keys that say where and what to log, of a section that may make no sense; without those that do not. */
export function logKeys(
  conf: Readonly<Record<string, unknown>>,
): { readonly logFile?: string | undefined; readonly logLevel?: unknown } {
  const { logFile, logLevel } = Object(conf["ipam"]);
  return { logFile: LogFile.safeParse(logFile).data, logLevel };
}

function parseSection(section: unknown): IpamSection {
  try {
    return parse(IpamSection, section, "configuration: ipam");
  } catch (cause) {
    throw new CniError(ErrorCode.InvalidConfig, messageOf(cause), { cause });
  }
}
