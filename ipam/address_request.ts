import type { DanmIpSpec } from "../shared/schema/danm_ip.ts";
import type { PoolStatus } from "../shared/schema/network.ts";
import type { Subnet } from "./subnet.ts";

/** Who will hold the address, and of which network: everything of a DanmIp but the address. */
export type Holder = Omit<DanmIpSpec, "address">;

/** One address that is wanted. */
export interface AddressRequest {
  readonly subnet: Subnet;
  readonly holder: Holder;
  /** A certain address; undefined = any of the pool. */
  readonly static?: bigint | undefined;
  /** What the network's status says of this family's pool: a hint, which may be old or wrong. */
  readonly status?: PoolStatus | undefined;
  /** The network, for messages: `ClusterNetwork ext`. */
  readonly subject: string;
}
