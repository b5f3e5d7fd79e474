import type { CniInterface, CniIp, CniResult, CniRoute } from "../shared/cni/cni_result.ts";
import { isPciID } from "./devices/device_drivers.ts";
import type { IpLink } from "./host_link.ts";
import { type Configured, formatGiven, type GivenAddress, parseGiven, routesOf } from "./render_configuration.ts";

/** What is known of the interfaces that were made. */
export interface MadeInterfaces {
  /** The links as the kernel shows them, by name. */
  readonly links: ReadonlyMap<string, IpLink>;
  /** Hardware addresses, by interface. */
  readonly macs: ReadonlyMap<string, string>;
  readonly netns: string;
}

/**
 * The one result of all interfaces of a sandbox, in their order, so that the addresses of the runtime's own interface
 * come first. What a delegate made besides (a bridge, the host's end of a veth pair) follows the interface that it is
 * for: plugins that are chained after us look for it.
 */
export function mergeResult(configured: readonly Configured[], made: MadeInterfaces): CniResult {
  const interfaces: CniInterface[] = [];
  const ips: CniIp[] = [];
  for (const one of configured) {
    const index = interfaces.length;
    interfaces.push(ownInterface(one, made), ...otherInterfaces(one));
    ips.push(...one.addresses.map((address): CniIp => {
      const gateway = gatewayOf(one, address);
      return { address: formatGiven(address), ...(gateway && { gateway }), interface: index };
    }));
  }
  const dns = configured.find(({ result }) => result?.dns)?.result?.dns;
  return { interfaces, ips, routes: configured.flatMap(mainRoutes), ...(dns && { dns }) };
}

/**
 * Where in a delegate's result the interface is that it was called for; -1 when it is not there. Some plugins leave out
 * `sandbox`; where none of the interfaces has one, the name decides.
 */
export function ownIndex(name: string, { interfaces = [] }: CniResult): number {
  const inSandbox = interfaces.some(({ sandbox }) => sandbox !== undefined);
  return interfaces.findIndex((one) => one.name === name && (one.sandbox !== undefined || !inSandbox));
}

function ownInterface({ attachment, result }: Configured, made: MadeInterfaces): CniInterface {
  const { interface: name, deviceID } = attachment;
  const link = made.links.get(name);
  const told = result?.interfaces?.[ownIndex(name, result)];
  const mac = link?.address ?? told?.mac ?? made.macs.get(name);
  const pciID = told?.pciID ?? (deviceID !== undefined && isPciID(deviceID) ? deviceID : undefined);
  return {
    ...told,
    name,
    ...(mac && { mac }),
    sandbox: made.netns,
    ...(link && { mtu: link.mtu }),
    ...(pciID && { pciID }),
  };
}

function otherInterfaces({ attachment: { interface: name }, result }: Configured): CniInterface[] {
  if (!result) return [];
  const own = ownIndex(name, result);
  return (result.interfaces ?? []).filter((_, index) => index !== own);
}

/** The network's default gateway, else what a delegate said of this address. */
function gatewayOf({ attachment, result }: Configured, given: GivenAddress): string | undefined {
  const route = attachment.routes.find(({ family, table, destination }) =>
    family === given.family && table === undefined && destination.endsWith("/0")
  );
  const told = result?.ips?.find(({ address }) => formatGiven(parseGiven(address)) === formatGiven(given));
  return route?.gateway ?? told?.gateway;
}

/** The network's routes, and those that a delegate has set. */
function mainRoutes(configured: Configured): CniRoute[] {
  const own = routesOf(configured).filter(({ table }) => table === undefined)
    .map(({ destination, gateway }): CniRoute => ({ dst: destination, gw: gateway }));
  const known = new Set(own.map(({ dst }) => dst));
  return [...own, ...(configured.result?.routes ?? []).filter(({ dst }) => !known.has(dst))];
}
