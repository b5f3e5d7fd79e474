import { type Subnet, withPrefix } from "../ipam/subnet.ts";
import type { CniIp, CniResult, CniRoute } from "../shared/cni/cni_result.ts";
import type { NetworkOptions } from "../shared/schema/network.ts";

/** An address that was allocated. */
export interface TakenAddress {
  readonly subnet: Subnet;
  readonly value: bigint;
}

/**
 * The result of an IPAM plugin: the addresses, and of the network's routes those of the families that it gave. An
 * address names the gateway of its family's default route, where there is one.
 *
 * @see https://github.com/containernetworking/cni/blob/spec-v1.1.0/SPEC.md#section-4-plugin-delegation
 */
export function renderIpamResult(addresses: readonly TakenAddress[], options: NetworkOptions): CniResult {
  const routesOf = (family: 4 | 6): CniRoute[] =>
    Object.entries((family === 4 ? options.routes : options.routes6) ?? {}).map(([dst, gw]) => ({ dst, gw }));
  const ips = addresses.map(({ subnet, value }): CniIp => {
    const gateway = routesOf(subnet.family).find(({ dst }) => dst === "0.0.0.0/0" || dst === "::/0")?.gw;
    return { address: withPrefix(subnet, value), ...(gateway !== undefined && { gateway }) };
  });
  const routes = addresses.flatMap(({ subnet }) => routesOf(subnet.family));
  return { ips, ...(routes.length > 0 && { routes }) };
}
