import { assert, assertEquals } from "@std/assert";
import { parseAddress } from "../shared/schema/address.ts";
import { danmIpName, type DanmIpSpec } from "../shared/schema/danm_ip.ts";
import { memoryHints } from "../tests/support/ipam/memory_hints.ts";
import { MemoryObjectStore } from "../tests/support/ipam/memory_object_store.ts";
import { freedPool, noteFreed } from "./note_freed.ts";
import { lazyObjectStore } from "./object_store.ts";

Deno.test("a node remembers the addresses that it removed, by space and family, and none that it did not", async () => {
  const signal = new AbortController().signal;
  const server = new MemoryObjectStore();
  const hints = memoryHints();
  const objects = noteFreed(lazyObjectStore(() => Promise.resolve(server)), hints);
  const cases: [string, string][] = [["10.0.0.9", "cn.a"], ["2001:db8::a:1", "cn.a"], ["10.0.0.7", "dn.x.10.1.1.1"]];
  for (const [address, space] of cases) {
    const ref = { kind: "DanmIp", name: danmIpName(address, space) } as const;
    const spec = { address, space, containerID: "c", interface: "eth0" } as DanmIpSpec;
    const created = await server.create(ref, spec, signal);
    assert(created.kind === "created");
    const { family, value } = parseAddress(address);
    assertEquals(await objects.remove(ref, { uid: "another", signal }), false);
    assertEquals(hints.freed(freedPool(space, family)), []);
    assertEquals(await objects.remove(ref, { uid: created.uid, signal }), true);
    assertEquals(hints.freed(freedPool(space, family)), [value]);
  }
});
