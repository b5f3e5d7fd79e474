import type { InterfaceRequest } from "../shared/schema/interfaces_annotation.ts";
import type { Network } from "../shared/schema/network.ts";
import { RequestError } from "../shared/schema/request_error.ts";

/**
 * What becomes of the `ipam` of a static delegate's first plugin: `file`: it stays; `ours`: our addresses take its
 * place; `none`: it is removed.
 */
export type IpamChoice = "file" | "ours" | "none";

/**
 * Decides whose addresses a static delegate gives: the Pod has to ask for some, and the network has to have a subnet of
 * each family that it asks for; with none of them the delegate's own IPAM serves.
 *
 * @param at.field the entry in the annotation, `[0]`
 * @throws {RequestError} when the network has one of the families and not the other, or no subnet for a static address
 */
export function chooseIpam(
  request: Pick<InterfaceRequest, "ip" | "ip6">,
  at: { network: Network; subject: string; source: string; field: string },
): IpamChoice {
  const { network: { spec: { Options: options } }, subject, source, field } = at;
  const families = [
    { key: "ip", asked: request.ip, subnet: "cidr", has: options.cidr !== undefined },
    { key: "ip6", asked: request.ip6, subnet: "net6", has: options.net6 !== undefined },
  ];
  if (families.every(({ asked }) => asked === undefined)) return "file";
  const asked = families.filter((family) => family.asked !== undefined && family.asked !== "none");
  if (asked.length === 0) return "none";
  const missing = asked.filter(({ has }) => !has);
  if (missing.length === 0) return "ours";
  if (missing.length === asked.length && asked.every((family) => family.asked === "dynamic")) return "file";
  const [first] = missing;
  throw new RequestError({ source, field: `${field}.${first?.key}` }, {
    reason: `${subject} has no ${first?.subnet}`,
    details: `ask for "none" there, or give the network a ${first?.subnet}`,
  });
}
