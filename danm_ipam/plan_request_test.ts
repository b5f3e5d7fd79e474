import { assertEquals, assertThrows } from "@std/assert";
import type { IpRequest } from "../shared/cni/ip_requests.ts";
import { CniError } from "../shared/errors.ts";
import { formatAddress } from "../shared/schema/address.ts";
import { SchemaError } from "../shared/schema/describe_issues.ts";
import { type NetworkOptions, parseNetwork } from "../shared/schema/network.ts";
import { planRequest } from "./plan_request.ts";

const BOTH = { cidr: "10.0.0.0/24", net6: "fd00::/64", routes: { "0.0.0.0/0": "10.0.0.1" } };

interface Asked {
  readonly options?: NetworkOptions;
  readonly conf?: { ip?: string; ip6?: string };
  readonly requests?: readonly IpRequest[];
}

function plan({ options = BOTH, conf = {}, requests = [] }: Asked): string[] {
  const stored = { metadata: { name: "wide" }, spec: { NetworkID: "wide", Options: options } };
  const network = parseNetwork("ClusterNetwork", stored);
  return planRequest({ network, subject: "ClusterNetwork wide", conf, requests }).map(
    ({ family, static: value }) => value === undefined ? `any ${family}` : formatAddress({ family, value }),
  );
}

function ips(...texts: string[]): IpRequest[] {
  return texts.map((text, index) => ({ text, field: `runtimeConfig.ips[${index}]` }));
}

Deno.test("what is asked for comes before the ipam section, and that before what the network has", async (t) => {
  const cases: { what: string; asked: Asked; gives: string[] }[] = [
    { what: "nothing said", asked: {}, gives: ["any 4", "any 6"] },
    { what: "a network of IPv4", asked: { options: { cidr: "10.0.0.0/24" } }, gives: ["any 4"] },
    { what: "a network of IPv6", asked: { options: { net6: "fd00::/64" } }, gives: ["any 6"] },
    { what: "none of IPv4", asked: { conf: { ip: "none" } }, gives: ["any 6"] },
    { what: "a static one in the section", asked: { conf: { ip: "10.0.0.9/24" } }, gives: ["10.0.0.9", "any 6"] },
    { what: "dynamic by name", asked: { conf: { ip: "dynamic", ip6: "none" } }, gives: ["any 4"] },
    { what: "one asked for", asked: { requests: ips("10.0.0.7") }, gives: ["10.0.0.7", "any 6"] },
    { what: "one of IPv6 asked for", asked: { requests: ips("fd00::7/64") }, gives: ["any 4", "fd00::7"] },
    { what: "both, IPv6 first", asked: { requests: ips("fd00::7", "10.0.0.7") }, gives: ["10.0.0.7", "fd00::7"] },
    {
      what: "one asked for against the section",
      asked: { conf: { ip: "none", ip6: "fd00::9" }, requests: ips("10.0.0.7") },
      gives: ["10.0.0.7", "fd00::9"],
    },
    { what: "a gateway, by who is one", asked: { requests: ips("10.0.0.1") }, gives: ["10.0.0.1", "any 6"] },
  ];
  for (const { what, asked, gives } of cases) await t.step(what, () => assertEquals(plan(asked), gives));
});

Deno.test("what cannot be is an error that says where it was asked for", async (t) => {
  const cases: { what: string; asked: Asked; says: string }[] = [
    {
      what: "two of a family",
      asked: { requests: ips("10.0.0.7", "10.0.0.8") },
      says: "runtimeConfig.ips[0] 10.0.0.7 and runtimeConfig.ips[1] 10.0.0.8 both ask for an IPv4 address of Cluster",
    },
    {
      what: "none at all",
      asked: { conf: { ip: "none", ip6: "none" } },
      says: "no address of ClusterNetwork wide is asked for",
    },
    {
      what: "a network without subnets",
      asked: { options: {} },
      says: "ClusterNetwork wide has no subnet (cidr, net6) to take addresses of",
    },
    {
      what: "no address, on a network of the other family",
      asked: { options: { net6: "fd00::/64" }, requests: ips("garbage") },
      says: 'runtimeConfig.ips[0]: "garbage" is not an IP address',
    },
    {
      what: "no address beside one",
      asked: { requests: ips("10.0.0.7", "garbage") },
      says: 'runtimeConfig.ips[1]: "garbage" is not an IP address',
    },
    {
      what: "no subnet",
      asked: { requests: ips("10.0.0.7/x") },
      says: 'runtimeConfig.ips[0]: "10.0.0.7/x" is not a subnet',
    },
    {
      what: "a family that the network has not",
      asked: { options: { cidr: "10.0.0.0/24" }, requests: ips("fd00::7") },
      says: "runtimeConfig.ips[0]: ClusterNetwork wide has no IPv6 subnet (net6)",
    },
    {
      what: "one outside",
      asked: { requests: ips("10.9.0.7") },
      says: "runtimeConfig.ips[0]: 10.9.0.7 is not inside 10.0.0.0/24",
    },
    {
      what: "another prefix length",
      asked: { requests: ips("10.0.0.7/16") },
      says: "runtimeConfig.ips[0]: prefix len",
    },
    { what: "the broadcast address", asked: { requests: ips("10.0.0.255") }, says: "10.0.0.255 is never given" },
    { what: "a word of the section", asked: { requests: ips("dynamic") }, says: "runtimeConfig.ips[0]: " },
    { what: "no address", asked: { requests: ips("10.0.0") }, says: "runtimeConfig.ips[0]: " },
    {
      what: "the section asks for a family that the network has not",
      asked: { options: { cidr: "10.0.0.0/24" }, conf: { ip6: "dynamic" } },
      says: "configuration: ipam.ip6: ClusterNetwork wide has no IPv6 subnet (net6)",
    },
  ];
  for (const { what, asked, says } of cases) {
    await t.step(what, () => assertEquals(assertThrows(() => plan(asked), CniError, says).code, 104));
  }
});

Deno.test("a static address of the section that does not fit is an error of the configuration", () => {
  assertThrows(() => plan({ conf: { ip: "10.9.0.7" } }), SchemaError, "configuration: ipam.ip: 10.9.0.7 is not inside");
  assertThrows(() => plan({ conf: { ip: "dynamc" } }), SchemaError, "configuration: ipam.ip: ");
});
