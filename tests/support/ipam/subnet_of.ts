import { assert } from "@std/assert";
import { findSubnet, type Subnet } from "../../../ipam/subnet.ts";
import type { NetworkOptions } from "../../../shared/schema/network.ts";

/** The subnet that a network with these options has of a family. */
export function subnetOf(options: NetworkOptions, family: 4 | 6): Subnet {
  const subnet = findSubnet({ spec: { Options: options } }, { family, subject: "DanmNet default/n" });
  assert(subnet, `no IPv${family} subnet`);
  return subnet;
}
