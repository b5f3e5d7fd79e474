import { firstAddedBit } from "../../ipam/bitmap.ts";
import { findSubnet, type Subnet, type SubnetSource } from "../../ipam/subnet.ts";
import { formatAddress } from "../../shared/schema/address.ts";
import { type FieldIssue, SchemaError } from "../../shared/schema/describe_issues.ts";

const BITMAPS = { alloc: 4, alloc6: 6 } as const;

/**
 * What is wrong with the legacy bitmaps of a network. New networks have none; in stored ones bits can only be cleared,
 * and keep their meaning: bit 0 is the first address of the subnet.
 *
 * @param before the network as it is stored; absent when it is new
 */
export function validateBitmaps(network: SubnetSource, before?: SubnetSource): FieldIssue[] {
  return Object.entries(BITMAPS).flatMap(([field, family]) => {
    const bitmap = network.spec.Options[field as keyof typeof BITMAPS];
    if (!bitmap) return [];
    const reason = before
      ? reasonAgainst({ network, before, family }, bitmap, before.spec.Options[field as keyof typeof BITMAPS] ?? "")
      : "must not be set: addresses are held by DanmIps; leave the field out";
    return reason === undefined ? [] : [{ field: `spec.Options.${field}`, reason }];
  });
}

interface Change {
  readonly network: SubnetSource;
  readonly before: SubnetSource;
  readonly family: 4 | 6;
}

function reasonAgainst({ network, before, family }: Change, bitmap: string, stored: string): string | undefined {
  const added = bitmap === stored ? undefined : firstAddedBit(bitmap, stored);
  if (added !== undefined) return `bit ${added} is set anew; bits can only be cleared, or the field removed`;
  const [was, is] = [before, network].map((one) => baseOf(one, family));
  if (!was || !is || was.bitmap?.base === is.bitmap?.base) return undefined;
  const base = formatAddress({ family, value: was.bitmap?.base ?? 0n });
  return `its bits count addresses from ${base} on; remove the field, or keep the subnet's first address`;
}

/** Where the bitmap counts from, if it counts at all. */
function baseOf(network: SubnetSource, family: 4 | 6): Subnet | undefined {
  try {
    const subnet = findSubnet(network, { family, subject: "" });
    return subnet?.bitmap && subnet;
  } catch (error) {
    if (error instanceof SchemaError) return undefined;
    throw error;
  }
}
