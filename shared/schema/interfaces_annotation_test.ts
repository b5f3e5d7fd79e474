import { assertEquals, assertThrows } from "@std/assert";
import { SchemaError } from "./describe_issues.ts";
import { type InterfaceRequest, MAX_INTERFACES, parseInterfacesAnnotation } from "./interfaces_annotation.ts";

Deno.test("parseInterfacesAnnotation reads what a Pod asks for", async (t) => {
  const cases: { name: string; text: string; requests: InterfaceRequest[] }[] = [
    { name: "nothing", text: "", requests: [] },
    { name: "white space", text: " \n", requests: [] },
    { name: "null", text: "null", requests: [] },
    { name: "an empty list", text: "[]", requests: [] },
    {
      name: "one network of each kind, in order",
      text: `[{"clusterNetwork":"c"},{"network":"a"},{"tenantNetwork":"b"}]`,
      requests: [{ kind: "ClusterNetwork", name: "c" }, { kind: "DanmNet", name: "a" }, {
        kind: "TenantNetwork",
        name: "b",
      }],
    },
    {
      name: "the same network twice",
      text: `[{"network":"a"},{"network":"a"}]`,
      requests: [{ kind: "DanmNet", name: "a" }, { kind: "DanmNet", name: "a" }],
    },
    {
      name: "dynamic and none",
      text: `[{"network":"a","ip":"dynamic","ip6":"none"}]`,
      requests: [{ kind: "DanmNet", name: "a", ip: "dynamic", ip6: "none" }],
    },
    {
      name: "static addresses in canonical form",
      text: `[{"network":"a","ip":"10.0.0.7/24","ip6":"2001:DB8:0::7"}]`,
      requests: [{ kind: "DanmNet", name: "a", ip: "10.0.0.7/24", ip6: "2001:db8::7" }],
    },
    {
      name: "empty strings and nulls as not given",
      text: `[{"network":"a","tenantNetwork":"","ip":"","ip6":"","proutes":null,"proutes6":{}}]`,
      requests: [{ kind: "DanmNet", name: "a" }],
    },
    {
      name: "policy routes with their host bits cleared",
      text: `[{"network":"a","proutes":{"10.20.0.5/16":"10.0.0.1"},"proutes6":{"2001:db8::1/32":"2001:DB8::1"}}]`,
      requests: [{
        kind: "DanmNet",
        name: "a",
        proutes: { "10.20.0.0/16": "10.0.0.1" },
        proutes6: { "2001:db8::/32": "2001:db8::1" },
      }],
    },
  ];
  for (const { name, text, requests } of cases) {
    await t.step(name, () => assertEquals(parseInterfacesAnnotation(text), requests));
  }
});

Deno.test("parseInterfacesAnnotation names the entry and the field that are wrong", async (t) => {
  const many = JSON.stringify(Array.from({ length: MAX_INTERFACES + 1 }, () => ({ network: "a" })));
  const cases: { name: string; text: string; says: string[] }[] = [
    { name: "not JSON", text: "[{", says: ["annotation danm.io/interfaces: not JSON"] },
    { name: "an object", text: `{"network":"a"}`, says: ["expected array"] },
    { name: "a text", text: `"a"`, says: ["expected array"] },
    { name: "an entry that is a text", text: `["a"]`, says: ["[0]: ", "expected object"] },
    {
      name: "an unknown field",
      text: `[{"network":"a"},{"network":"b","ipv6":"x"}]`,
      says: ["[1].ipv6: unknown field"],
    },
    { name: "a device id", text: `[{"network":"a","DeviceID":"0000:00:00.0"}]`, says: ["[0].DeviceID: unknown field"] },
    {
      name: "two unknown fields in two entries",
      text: `[{"network":"a","x":1},{"network":"b","y":1}]`,
      says: ["[0].x: unknown field", "[1].y: unknown field"],
    },
    {
      name: "no network",
      text: `[{"ip":"dynamic"}]`,
      says: ["[0]: exactly one of network, tenantNetwork, clusterNetwork", "got none"],
    },
    {
      name: "two networks",
      text: `[{"network":"a","clusterNetwork":"b"}]`,
      says: ["[0].clusterNetwork: exactly one of", "got network and clusterNetwork"],
    },
    { name: "a network that is a number", text: `[{"network":1}]`, says: ["[0].network: ", "expected string"] },
    {
      name: "a network in another namespace",
      text: `[{"network":"ns/a"}]`,
      says: [`[0].network: "ns/a" is not the name`],
    },
    { name: "a network that leaves its path", text: `[{"network":"../pods"}]`, says: ["[0].network: "] },
    {
      name: "an address with leading zeros",
      text: `[{"network":"a","ip":"010.0.0.1"}]`,
      says: ["[0].ip: ", "leading zeros"],
    },
    {
      name: "a word",
      text: `[{"network":"a","ip":"Dynamic"}]`,
      says: ["[0].ip: ", "expected dynamic, none or an address"],
    },
    {
      name: "an IPv6 address as ip",
      text: `[{"network":"a","ip":"2001:db8::1"}]`,
      says: ["[0].ip: ", "not an IPv4 address"],
    },
    {
      name: "an IPv4 address as ip6",
      text: `[{"network":"a","ip6":"10.0.0.1/24"}]`,
      says: ["[0].ip6: ", "not an IPv6 address"],
    },
    {
      name: "a prefix that is too long",
      text: `[{"network":"a","ip":"10.0.0.1/33"}]`,
      says: ["[0].ip: ", "from 0 to 32"],
    },
    {
      name: "a destination without prefix",
      text: `[{"network":"a","proutes":{"10.0.0.0":"10.0.0.1"}}]`,
      says: ["[0].proutes[10.0.0.0]: ", "prefix length is missing"],
    },
    {
      name: "a destination twice",
      text: `[{"network":"a","proutes":{"10.0.0.0/8":"10.0.0.1","10.1.0.0/8":"10.0.0.2"}}]`,
      says: ["[0].proutes[10.1.0.0/8]: 10.0.0.0/8 is there twice"],
    },
    {
      name: "a field called __proto__",
      text: `[{"network":"a","__proto__":{"ip":"none"}}]`,
      says: ["[0].__proto__: unknown field"],
    },
    {
      name: "a gateway with prefix",
      text: `[{"network":"a","proutes":{"10.0.0.0/8":"10.0.0.1/24"}}]`,
      says: ["[0].proutes[10.0.0.0/8]: ", "address of a gateway"],
    },
    {
      name: "routes of the other family",
      text: `[{"network":"a","proutes6":{"10.0.0.0/8":"10.0.0.1"}}]`,
      says: ["[0].proutes6[10.0.0.0/8]: ", "not an IPv6 subnet", "not an IPv6 address"],
    },
    { name: "more interfaces than a Pod may have", text: many, says: [`${MAX_INTERFACES}`] },
  ];
  for (const { name, text, says } of cases) {
    await t.step(name, () => {
      const error = assertThrows(() => parseInterfacesAnnotation(text), SchemaError);
      for (const part of says) assertEquals(error.message.includes(part), true, `${error.message} lacks ${part}`);
    });
  }
});

Deno.test("parseInterfacesAnnotation names the annotation as the user wrote it", () => {
  assertThrows(
    () => parseInterfacesAnnotation("x", "danm.k8s.io/interfaces"),
    SchemaError,
    "annotation danm.k8s.io/interfaces: ",
  );
});

Deno.test("of very many wrong fields some are named", () => {
  const proutes = Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`x${index}`, "y"]));
  const text = JSON.stringify([{ network: "n", proutes }]);
  assertEquals(assertThrows(() => parseInterfacesAnnotation(text), SchemaError).issues.length, 100);
});
