import { assert, assertEquals } from "@std/assert";
import { DanmEpSpec } from "../shared/schema/danm_ep.ts";
import { parse } from "../shared/schema/describe_issues.ts";
import { endpointName, identify } from "./attachment_identity.ts";

Deno.test("an attachment's identity is always the same, and another's is another", async () => {
  const seen = { groups: new Set<number>(), macs: new Set<string>(), suffixes: new Set<string>() };
  for (let count = 0; count < 500; count++) {
    const { group, mac, suffix } = await identify(`container-${count}`, "eth0");
    assert(group >= 0x10000 && group <= 0x7fffffff, `group ${group}`);
    assert(/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/.test(mac) && (parseInt(mac, 16) & 3) === 2, `mac ${mac}`);
    assert(/^[0-9a-f]{16}$/.test(suffix));
    seen.groups.add(group);
    seen.macs.add(mac);
    seen.suffixes.add(suffix);
  }
  assertEquals([seen.groups.size, seen.macs.size, seen.suffixes.size], [500, 500, 500]);
  assertEquals(await identify("c", "eth0"), await identify("c", "eth0"));
  assert((await identify("c", "eth0")).suffix !== (await identify("c", "eth1")).suffix);
});

Deno.test("the name of a DanmEp is one that the API server takes, however long the Pod's is", async () => {
  const identity = await identify("c", "eth0");
  for (const pod of ["web", "a".repeat(253), `${"a".repeat(229)}.-b`, "web-0.sub"]) {
    const name = endpointName(pod, identity);
    assert(name.length <= 253 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(name), name);
    parse(DanmEpSpec, { NetworkName: "n", EndpointID: name, Interface: { Name: "eth0" } }, "DanmEp");
  }
  assertEquals(endpointName("web", identity), `web-${identity.suffix}`);
});
