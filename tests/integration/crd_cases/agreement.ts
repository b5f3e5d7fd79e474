import { assertEquals } from "@std/assert";
import type { KubeClient } from "../../../shared/kube/client.ts";
import { AddressError, parseCidr } from "../../../shared/schema/address.ts";
import { findUnusable } from "../../../shared/schema/unusable_subnets.ts";
import { tryCreate } from "./api.ts";
import type { CrdCase } from "./case.ts";
import { danmIpOf } from "./danm_ips.ts";
import { subnetTexts, v6Values } from "./subnet_texts.ts";

/** What the CRD lets through, the CNI plugin must be able to read, and the other way round. */
export async function subnetsAgree(admin: KubeClient): Promise<void> {
  const disagreements: string[] = [];
  for (const text of subnetTexts(400)) {
    const family = familyOf(text);
    for (const [field, accepts] of [["cidr", family === 4], ["net6", family === 6]] as const) {
      const of: CrdCase = {
        name: text,
        kind: "DanmNet",
        object: { spec: { NetworkID: "n", Options: { [field]: text } } },
      };
      const accepted = await tryCreate(admin, of) === undefined;
      if (accepted !== accepts) {
        disagreements.push(`${field} ${text}: the API server ${accepted ? "accepts" : "refuses"}`);
      }
    }
  }
  assertEquals(disagreements, []);
}

/** Any address gets a DanmIp that the CRD accepts. */
export async function namesAgree(admin: KubeClient): Promise<void> {
  // Values of IPv4 addresses dressed as IPv6 are none of ours.
  const values = v6Values(200).filter((value) => value >> 32n !== 0xffffn);
  for (const value of values) {
    const object = danmIpOf({ family: 6, value });
    const error = await tryCreate(admin, { name: "any address", kind: "DanmIp", object });
    assertEquals(error?.message, undefined, object.spec.address);
  }
}

/** The family of a subnet as our own code reads it; those that are too large or of no use to a network count as none. */
function familyOf(text: string): 4 | 6 | undefined {
  if (text.length > 49) return undefined;
  try {
    const cidr = parseCidr(text);
    const tooLarge = cidr.family === 4 && cidr.prefix < 9;
    return tooLarge || findUnusable(cidr) !== undefined ? undefined : cidr.family;
  } catch (error) {
    if (error instanceof AddressError) return undefined;
    throw error;
  }
}
