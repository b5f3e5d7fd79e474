import { assertEquals, assertThrows } from "@std/assert";
import { CniError, messageOf } from "../shared/errors.ts";
import { SchemaError } from "../shared/schema/describe_issues.ts";
import { parseNetwork } from "../shared/schema/network.ts";
import { planAddresses, type PlannedAddress, type WantedAddresses } from "./plan_addresses.ts";
import { isInBitmap, LEGACY_MIGRATED } from "./subnet.ts";

const V4 = { cidr: "10.0.0.0/24" };
const V6 = { net6: "2001:db8::/64" };
const STATUS = { ipv4: { capacity: 254, allocated: 3 }, ipv6: { capacity: 100, allocated: 1 } };

function plan(wanted: WantedAddresses, options: Record<string, string>): PlannedAddress[] {
  const stored = { metadata: { name: "n" }, spec: { NetworkID: "n", Options: options }, status: STATUS };
  const network = parseNetwork("ClusterNetwork", stored);
  return planAddresses(wanted, { network, subject: "ClusterNetwork n", source: "annotation a", path: "[2]." });
}

Deno.test("what is asked for is planned, IPv4 first", async (t) => {
  const address = (10n << 24n) + 9n;
  const cases: [WantedAddresses, (readonly [4 | 6, bigint | undefined, number | undefined])[]][] = [
    [{}, []],
    [{ ip: "none", ip6: "none" }, []],
    [{ ip: "dynamic" }, [[4, undefined, 254]]],
    [{ ip6: "dynamic", ip: "dynamic" }, [[4, undefined, 254], [6, undefined, 100]]],
    [{ ip: "10.0.0.9", ip6: "dynamic" }, [[4, address, undefined], [6, undefined, 100]]],
    [{ ip: "10.0.0.9/24" }, [[4, address, undefined]]],
  ];
  for (const [wanted, expected] of cases) {
    await t.step(JSON.stringify(wanted), () => {
      const planned = plan(wanted, { ...V4, ...V6 });
      assertEquals(planned.map((one) => [one.family, one.static, one.status?.capacity] as const), expected);
      assertEquals(planned.map(({ subnet }) => subnet.family), expected.map(([family]) => family));
    });
  }
});

Deno.test("what the network cannot give is an error that says where it was asked for", async (t) => {
  const cases: [WantedAddresses, Record<string, string>, typeof CniError | typeof SchemaError, string][] = [
    [{ ip: "dynamic" }, V6, CniError, "annotation a: [2].ip: ClusterNetwork n has no IPv4 subnet (cidr)"],
    [
      { ip: "dynamic", ip6: "dynamic" },
      V4,
      CniError,
      "annotation a: [2].ip6: ClusterNetwork n has no IPv6 subnet (net6)",
    ],
    [{ ip6: "2001:db8::5" }, V4, CniError, "annotation a: [2].ip6: ClusterNetwork n has no IPv6 subnet (net6)"],
    [{ ip: "10.0.1.9" }, V4, SchemaError, "annotation a: [2].ip: 10.0.1.9 is not inside 10.0.0.0/24"],
  ];
  for (const [wanted, options, kind, message] of cases) {
    await t.step(message, () => {
      const error = assertThrows(() => plan(wanted, options));
      assertEquals([error instanceof kind, messageOf(error)], [true, message]);
    });
  }
});

Deno.test("the bitmap of a stored network counts until its status says that it is migrated", () => {
  const plan = (status: string): boolean[] => {
    const stored = {
      metadata: { name: "n" },
      spec: { NetworkID: "n", Options: { cidr: "10.0.0.0/29", alloc: "/w==" } },
      status: {
        conditions: [{
          type: LEGACY_MIGRATED,
          status,
          reason: "Done",
          message: "",
          lastTransitionTime: "2026-01-02T03:04:05Z",
        }],
      },
    };
    const network = parseNetwork("ClusterNetwork", stored);
    return planAddresses({ ip: "dynamic" }, { network, subject: "n", source: "s", path: "" })
      .map(({ subnet }) => isInBitmap(subnet, subnet.first));
  };
  assertEquals([plan("False"), plan("True")], [[true], [false]]);
});
