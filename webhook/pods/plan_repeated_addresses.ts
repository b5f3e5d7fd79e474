import type { PlannedAddress } from "../../ipam/plan_addresses.ts";
import { formatAddress } from "../../shared/schema/address.ts";
import type { Network } from "../../shared/schema/network.ts";
import { spaceOf } from "../../shared/schema/space.ts";
import type { Finding } from "./finding.ts";

/** What an interface asks for, and where. */
export interface AskedAddresses {
  /** Its entry in the annotation, `[0]`. */
  readonly path: string;
  readonly network: Network;
  readonly addresses: readonly PlannedAddress[];
}

/** Static addresses that two interfaces of a Pod ask for: the second would find it in use by the first. */
export function planRepeatedAddresses(asked: readonly AskedAddresses[], annotation: string): Finding[] {
  const seen = new Map<string, string>();
  return asked.flatMap(({ path, network, addresses }) => {
    const { kind, metadata: { namespace, name }, spec: { Options: options } } = network;
    const space = spaceOf({ kind, namespace, name, addressSpace: options.address_space });
    return addresses.flatMap(({ family, static: value }): Finding[] => {
      if (value === undefined) return [];
      const address = formatAddress({ family, value });
      const field = `${path}.${family === 4 ? "ip" : "ip6"}`;
      const first = seen.get(`${space} ${address}`);
      if (first === undefined) {
        seen.set(`${space} ${address}`, field);
        return [];
      }
      return [{ annotation, path: field, reason: `${address} is asked for by ${first}, too`, fatal: true }];
    });
  });
}
