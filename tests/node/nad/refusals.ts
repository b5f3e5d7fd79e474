import { assertEquals, assertMatch } from "@std/assert";
import { inside } from "../../support/delegates/delegate_lab.ts";
import type { World } from "./world.ts";

/** ADDs that fail, before anything is done or after, and leave nothing. */
export async function refusals({ nads, scripted }: World): Promise<void> {
  const onIpvlan = await nads.refuse({ networks: "onours", interfaces: [{ network: "ip", ip: "dynamic" }] });
  assertEquals(onIpvlan.code, 7);
  assertMatch(onIpvlan.msg, /^net1 on .*onours: vlan cannot work on eth0, an ipvlan of DanmNet default\/ip$/);
  const cases: { networks: string | object[]; code: number; says: RegExp }[] = [
    { networks: "nobody", code: 102, says: /NetworkAttachmentDefinition default\/nobody does not exist/ },
    { networks: "br@a b", code: 104, says: /networks: \[0\]\.interface: / },
    { networks: "text", code: 7, says: /default\/text: spec\.config: is not JSON/ },
    { networks: "ours", code: 7, says: /default\/ours: spec\.config: type: must not be danm itself/ },
    { networks: "ipam", code: 7, says: /begins with "host-local", which is no plugin that makes interfaces/ },
    {
      networks: "br@eth0",
      code: 104,
      says: /interface name eth0 is given twice: by DanmNet default\/default and by Net/,
    },
    { networks: "br@x,br@x", code: 104, says: /interface name x is given twice/ },
    { networks: "tagged", code: 11, says: /there is no link yet for vlan 300 on eth1/ },
    {
      networks: [{ name: "br", "default-route": ["fd00::1"] }],
      code: 104,
      says: /net1 on .*br: default-route names an IPv6 gateway, but the interface has no IPv6 address/,
    },
    {
      networks: [{ name: "br", "default-route": ["10.152.0.1"] }, { name: "gw", "default-route": [] }],
      code: 104,
      says: /the default route of IPv4 is asked for by net1 on .*br and net2 on .*gw/,
    },
    {
      networks: [{ name: "br", "default-route": ["10.99.0.1"] }],
      code: 106,
      says: /net1 on .*br: `ip route replace 0\.0\.0\.0\/0 via 10\.99\.0\.1 dev net1` failed/,
    },
  ];
  for (const { networks, code, says } of cases) {
    const error = await nads.refuse({ networks });
    assertMatch(error.msg, says);
    assertEquals(error.code, code, error.msg);
  }
  await takenName({ nads });
  await scripted.behave({ ADD: { prints: JSON.stringify({ code: 42, msg: "will not" }), exits: 1 } });
  const { code, msg } = await nads.refuse({ networks: "br,told" });
  assertEquals([code, msg], [105, "net2: ADD of delegate recorder failed: code 42: will not"]);
}

/** A link of that name is there before: it stays, and DEL of the plugin is not called for it. */
async function takenName({ nads }: Pick<World, "nads">): Promise<void> {
  const { danm } = nads;
  const sandbox = await nads.createSandbox({ networks: "br" });
  await inside(sandbox, "ip", "link", "add", "name", "net1", "type", "bridge");
  const { code, msg } = await danm.fail(sandbox, "ADD", nads.with());
  assertEquals(code, 106);
  assertMatch(msg, /^net1 on .*default\/br: the sandbox has an interface of that name already$/);
  await danm.del(sandbox, nads.with());
  assertEquals(await danm.leftovers(sandbox), ["link net1"]);
  await inside(sandbox, "ip", "link", "del", "net1");
  await nads.assertGone(sandbox);
}
