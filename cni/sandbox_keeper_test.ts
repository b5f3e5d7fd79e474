import { assert, assertEquals, assertRejects } from "@std/assert";
import { collect } from "../ipam/collect.ts";
import type { ObjectStore } from "../ipam/object_store.ts";
import { danmIpName, type DanmIpSpec } from "../shared/schema/danm_ip.ts";
import { apiError, Unavailable } from "../shared/kube/api_error.ts";
import { sandboxRecord, SandboxWorld } from "../tests/support/cni/sandbox_world.ts";
import { del, type DelRequest } from "./del.ts";
import { createSandboxKeeper } from "./sandbox_keeper.ts";
import { sweep } from "../ipam/sweep.ts";

const SIGNAL = new AbortController().signal;

const DEL: DelRequest = {
  cniVersion: "1.0.0",
  networkName: "danm",
  containerID: "c1",
  netns: "/run/netns/a",
  ifname: "eth0",
  args: "K8S_POD_NAMESPACE=default;K8S_POD_NAME=web;broken",
  path: [],
  conf: {},
  signal: SIGNAL,
};

async function addAddress(world: SandboxWorld, address: string, changes: Partial<DanmIpSpec> = {}): Promise<void> {
  const spec: DanmIpSpec = {
    space: "dn.default.n",
    address,
    networkKind: "DanmNet",
    networkNamespace: "default",
    networkName: "n",
    podNamespace: "default",
    podName: "web",
    podUID: "p1",
    containerID: "c1",
    interface: "eth0",
    node: "node-1",
    ...changes,
  };
  await world.server.create({ kind: "DanmIp", name: danmIpName(address, spec.space) }, spec, SIGNAL);
}

async function addEndpoint(
  world: SandboxWorld,
  name: string,
  changes: { CID?: string; Name?: string; netns?: string } = {},
): Promise<void> {
  const { CID = "c1", Name = "eth0", netns } = changes;
  const of = { CID, PodUID: "p1", Pod: "web", Host: "node-1", ...(netns !== undefined && { netns }) };
  const spec = { NetworkName: "n", Interface: { Name }, ...of };
  await world.server.create({ kind: "DanmEp", namespace: "default", name }, spec, SIGNAL);
}

function damage(world: SandboxWorld, state: "attached" | "attaching" | "doubtful", text = ""): void {
  Deno.writeTextFileSync(`${world.dir}/p1~c1~eth0.${state}`, text);
}

const names = (world: SandboxWorld): string[] => world.server.objects.map(({ ref }) => ref.name);

Deno.test("DEL of a sandbox whose record is damaged releases what the API server has of it, and keeps the file", async () => {
  for (const text of ["", `{"version":1,"containerID"`]) {
    using world = new SandboxWorld();
    await addAddress(world, "10.0.0.1");
    await addAddress(world, "10.0.0.2", { interface: "eth1" });
    await addEndpoint(world, "web-1");
    await addAddress(world, "10.0.0.3", { containerID: "c2" });
    await addEndpoint(world, "other", { CID: "c2" });
    await addAddress(world, "10.0.0.4", { podUID: "p2" });
    damage(world, "attached", text);
    await del(DEL, world.deps());
    assertEquals(names(world), ["10.0.0.3.dn.default.n", "other", "10.0.0.4.dn.default.n"]);
    assertEquals(world.files(), ["locks/c1~eth0", "p1~c1~eth0.attached.damaged"]);
    assertEquals(Deno.readTextFileSync(`${world.dir}/p1~c1~eth0.attached.damaged`), text);
    assert(world.logged.some((line) => line.includes("a record was damaged")));
    // The links of both interfaces, by their groups.
    assertEquals(world.commands.length, 1);
    assertEquals(world.commands[0]?.match(/link del group \d+/g)?.length, 2);
    await del(DEL, world.deps());
  }
});

Deno.test("GC collects what is left of a damaged record only when its sandbox is certainly no more", async (t) => {
  const cases: { what: string; netns?: string; collected: boolean }[] = [
    { what: "its namespace is there", netns: "/proc/self/ns/net", collected: false },
    { what: "its namespace is gone", netns: "/run/netns/none-of-this-name", collected: true },
    { what: "its namespace is not known", collected: false },
  ];
  for (const { what, netns, collected } of cases) {
    await t.step(what, async () => {
      using world = new SandboxWorld();
      await addAddress(world, "10.0.0.1");
      await addEndpoint(world, "web-1", netns === undefined ? {} : { netns });
      damage(world, "attached");
      await collect({ networkName: "danm", valid: [], signal: SIGNAL }, createSandboxKeeper(world.deps()));
      assertEquals(names(world).length, collected ? 0 : 2);
      assertEquals(world.files().includes("p1~c1~eth0.attached"), !collected);
    });
  }
});

Deno.test("while the API server does not answer, DEL fails and the damaged record stays where it is", async () => {
  using world = new SandboxWorld();
  await addAddress(world, "10.0.0.1");
  damage(world, "attached");
  const failure = {
    verb: "GET",
    path: "/",
    status: 503,
    reason: "ServiceUnavailable",
    text: "",
    effect: "none",
  } as const;
  const away: Partial<ObjectStore> = { listOwned: () => Promise.reject(apiError(failure)) };
  await assertRejects(() => del(DEL, world.deps({ objects: world.serverWith(away) })), Unavailable);
  assertEquals(world.files().filter((name) => !name.startsWith("locks/")), ["p1~c1~eth0.attached"]);
  await del(DEL, world.deps());
  assertEquals(names(world), []);
});

Deno.test("what another attachment of the same container holds is not released", async () => {
  using world = new SandboxWorld();
  await addAddress(world, "10.0.0.1");
  await addAddress(world, "10.0.0.2", { interface: "net1" });
  const object = { kind: "DanmIp", name: "10.0.0.2.dn.default.n", interface: "net1" } as const;
  world.records.write(sandboxRecord({ ifname: "net1", objects: [object] }));
  damage(world, "attached");
  await del(DEL, world.deps());
  assertEquals(names(world), ["10.0.0.2.dn.default.n"]);
});

Deno.test("sweeping looks after damaged records of dead ADDs, and leaves attached ones alone", async () => {
  using world = new SandboxWorld();
  await addAddress(world, "10.0.0.1");
  await addEndpoint(world, "web-1");
  damage(world, "attaching");
  world.records.write(sandboxRecord({ containerID: "c9" }));
  await sweep(createSandboxKeeper(world.deps()), SIGNAL);
  assertEquals(names(world), []);
  assertEquals(world.files(), ["p1~c1~eth0.attaching.damaged", "p1~c9~eth0.attached"]);
});

Deno.test("sweeping does not touch a sandbox that somebody works on, nor writes that may still come", async () => {
  using world = new SandboxWorld();
  const object = { kind: "DanmIp", name: "10.0.0.1.dn.default.n", interface: "eth0" } as const;
  await addAddress(world, "10.0.0.1");
  world.records.write(sandboxRecord({ state: "doubtful", objects: [{ ...object, unsettledAt: 950 }] }));
  world.records.write(sandboxRecord({ containerID: "c2", state: "attaching", objects: [object] }));
  using _busy = world.records.tryLock({ containerID: "c2", ifname: "eth0" });
  await sweep(createSandboxKeeper(world.deps()), SIGNAL);
  assertEquals(names(world), ["10.0.0.1.dn.default.n"]);
  assertEquals(world.records.list().length, 2);
  world.now = 950 + 121;
  await sweep(createSandboxKeeper(world.deps()), SIGNAL);
  assertEquals([names(world), world.records.list().map(({ containerID }) => containerID)], [[], ["c2"]]);
});
