import { withPrefix } from "../ipam/subnet.ts";
import type { CniIp, CniResult } from "../shared/cni/cni_result.ts";
import type { IpLink } from "./host_link.ts";
import type { Configured } from "./render_configuration.ts";

/**
 * The one result of all interfaces of a sandbox, in their order, so that the addresses of the runtime's own interface
 * come first.
 *
 * @param options.links the links as the kernel shows them, by name
 * @param options.macs hardware addresses, by interface
 */
export function mergeResult(
  configured: readonly Configured[],
  options: { links: ReadonlyMap<string, IpLink>; macs: ReadonlyMap<string, string>; netns: string },
): CniResult {
  const { links, macs, netns } = options;
  return {
    interfaces: configured.map(({ attachment: { interface: name } }) => {
      const link = links.get(name);
      const mac = link?.address ?? macs.get(name);
      return { name, ...(mac && { mac }), sandbox: netns, ...(link && { mtu: link.mtu }) };
    }),
    ips: configured.flatMap(({ attachment, addresses }, index) =>
      addresses.map(({ family, subnet, value }): CniIp => {
        const gateway = attachment.routes.find((route) => route.family === family && isDefault(route))?.gateway;
        return { address: withPrefix(subnet, value), ...(gateway && { gateway }), interface: index };
      })
    ),
    routes: configured.flatMap(({ attachment }) =>
      attachment.routes.filter(({ table }) => table === undefined).map(({ destination, gateway }) => ({
        dst: destination,
        gw: gateway,
      }))
    ),
  };
}

function isDefault(route: { readonly destination: string; readonly table?: number | undefined }): boolean {
  return route.table === undefined && route.destination.endsWith("/0");
}
