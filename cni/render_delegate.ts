import { isObject, type PlannedDelegate, type SkippedVerb } from "./plan_delegate.ts";

/** A plugin as it is executed. */
interface RenderedPlugin {
  type: string;
  conf: Record<string, unknown>;
  skips?: SkippedVerb[];
}

/**
 * The plugins with the addresses, the device and the capabilities that they get this time.
 *
 * @param given.addresses with prefix length, in the place of the first plugin's IPAM
 * @param given.deviceID PCI id of the device that the first plugin is to use
 * @param given.runtimeConfig what the runtime passes; each plugin gets what it has declared
 * @see https://github.com/containernetworking/cni/blob/spec-v1.1.0/SPEC.md#deriving-runtimeconfig
 */
export function renderDelegatePlugins(
  delegate: PlannedDelegate,
  given: {
    addresses: readonly string[];
    deviceID?: string | undefined;
    runtimeConfig?: Readonly<Record<string, unknown>> | undefined;
  },
): RenderedPlugin[] {
  return delegate.plugins.map(({ type, conf, skips }, index) => {
    // The last two are for callers to give, a file has none of its own.
    const { ipam, capabilities, runtimeConfig: _, prevResult: __, ...own } = conf;
    const passed = Object.entries(given.runtimeConfig ?? {})
      .filter(([key]) => isObject(capabilities) && capabilities[key] === true);
    const kept = index > 0 || delegate.ipam === "file" ? ipam : undefined;
    const chosen = index === 0 && delegate.ipam === "ours" ? fakeIpam(given.addresses) : kept;
    return {
      type,
      ...(skips && { skips: [...skips] }),
      conf: {
        ...own,
        ...(capabilities !== undefined && { capabilities }),
        ...(chosen !== undefined && { ipam: chosen }),
        ...(index === 0 && given.deviceID !== undefined && { deviceID: given.deviceID }),
        ...(passed.length > 0 && { runtimeConfig: Object.fromEntries(passed) }),
      },
    };
  });
}

/**
 * Whether a plugin may have left something that does not go with the sandbox's namespace, as far as its configuration
 * tells: addresses of an IPAM plugin, masquerading, what the runtime asked for (ports of the host, limits).
 */
export function mayOutliveNamespace(conf: Readonly<Record<string, unknown>>): boolean {
  const { ipam, ipMasq, runtimeConfig } = conf;
  const ownIpam = isObject(ipam) && typeof ipam["type"] === "string" && !["", FAKE_IPAM].includes(ipam["type"]);
  return ownIpam || ipMasq === true || runtimeConfig !== undefined;
}

/** It only answers what it is told. */
const FAKE_IPAM = "fakeipam";

function fakeIpam(addresses: readonly string[]): Record<string, unknown> {
  return {
    type: FAKE_IPAM,
    ips: addresses.map((ipcidr) => ({ ipcidr, version: ipcidr.includes(":") ? 6 : 4 })),
  };
}
