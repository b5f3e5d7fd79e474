import { assertEquals, assertThrows } from "@std/assert";
import { AddressError } from "./address.ts";
import { danmIpName } from "./danm_ip_name.ts";
import { spaceOf, type SpaceOwner } from "./space.ts";

Deno.test("spaceOf names the address space of each kind of network", async (t) => {
  const cases: [owner: SpaceOwner, space: string][] = [
    [{ kind: "DanmNet", namespace: "ns", name: "net" }, "dn.ns.net"],
    [{ kind: "TenantNetwork", namespace: "ns", name: "net" }, "tn.ns.net"],
    [{ kind: "ClusterNetwork", name: "net" }, "cn.net"],
    [{ kind: "ClusterNetwork", namespace: "", name: "net.with.dots" }, "cn.net.with.dots"],
    [{ kind: "DanmNet", namespace: "ns", name: "net", addressSpace: "shared" }, "as.shared"],
    [{ kind: "DanmNet", namespace: "ns", name: "net", addressSpace: "" }, "dn.ns.net"],
  ];
  for (const [owner, space] of cases) await t.step(space, () => assertEquals(spaceOf(owner), space));
});

Deno.test("danmIpName is one name however the address is written", () => {
  const name = "2001-0db8-0000-0000-0000-0000-0000-000a.cn.n";
  for (const text of ["2001:db8::a", "2001:DB8:0::A", "2001:0db8::000a"]) assertEquals(danmIpName(text, "cn.n"), name);
  assertEquals(danmIpName("10.0.0.7", "cn.n"), "10.0.0.7.cn.n");
  assertEquals(danmIpName({ family: 4, value: 0x0a000007n }, "cn.n"), "10.0.0.7.cn.n");
});

Deno.test("danmIpName fits into the name of an object for the longest names that networks may have", () => {
  const space = spaceOf({ kind: "DanmNet", namespace: "s".repeat(63), name: "n".repeat(140) });
  const name = danmIpName("2001:db8::a", space);
  assertEquals(name.length <= 253, true, `${name.length} characters`);
});

Deno.test("danmIpName refuses what is not an address", () => {
  assertThrows(() => danmIpName("010.0.0.7", "cn.n"), AddressError, "leading zeros");
});
