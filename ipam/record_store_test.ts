import { assert, assertEquals, assertThrows } from "@std/assert";
import { CniError } from "../shared/errors.ts";
import { sandboxRecord, SandboxWorld } from "../tests/support/cni/sandbox_world.ts";
import { AllocationRecord } from "./allocation_record.ts";
import { RecordStore } from "./record_store.ts";

const KEY = { containerID: "c1", ifname: "eth0" };

Deno.test("a record is read as it was written, found by its sandbox, and removed", () => {
  using world = new SandboxWorld();
  const { records } = world;
  const record = sandboxRecord({
    objects: [{ kind: "DanmIp", name: "10.0.0.1.cn.n", interface: "eth0", unsettledAt: 3 }],
  });
  records.write(record);
  records.write(sandboxRecord({ containerID: "c2" }));
  assertEquals(world.files(), ["p1~c1~eth0.attached", "p1~c2~eth0.attached"]);
  const [file, ...more] = records.find(KEY);
  assert(file);
  assertEquals([more.length, file.podUID, file.state], [0, "p1", "attached"]);
  assertEquals(records.read(file), record);
  records.remove(record);
  records.remove(record);
  assertEquals(records.find(KEY), []);
});

Deno.test("names of interfaces may hold what separates the parts of a file's name", () => {
  using world = new SandboxWorld();
  for (const ifname of ["eth0~x", "~", "a.attached", `a"b`, "é", "__proto__", "x.new"]) {
    const record = sandboxRecord({ ifname });
    world.records.write(record);
    const [file] = world.records.find({ containerID: "c1", ifname });
    assert(file, ifname);
    assertEquals(world.records.read(file), record);
    world.records.remove(record);
  }
  assertEquals(world.files(), []);
});

Deno.test("a change of state leaves one file", () => {
  using world = new SandboxWorld();
  world.records.write(sandboxRecord({ state: "attaching" }));
  world.records.write(sandboxRecord({ state: "attached" }), "attaching");
  assertEquals(world.files(), ["p1~c1~eth0.attached"]);
});

Deno.test("after a death between content and name, the name tells the state, so that removing removes", () => {
  using world = new SandboxWorld();
  Deno.writeTextFileSync(`${world.dir}/p1~c1~eth0.attaching`, JSON.stringify(sandboxRecord({ state: "attached" })));
  const [file] = world.records.find(KEY);
  assert(file);
  const record = world.records.read(file);
  assertEquals(record.state, "attaching");
  world.records.remove(record);
  assertEquals(world.files(), []);
});

Deno.test("a damaged record is an error that names the file", () => {
  using world = new SandboxWorld();
  const path = `${world.dir}/p1~c1~eth0.attached`;
  for (const text of ["", "\0\0\0", `{"version":1`, "null", "[]", `{"version":2}`, `{"version":1,"__proto__":{}}`]) {
    Deno.writeTextFileSync(path, text);
    const [file] = world.records.find(KEY);
    assert(file);
    const error = assertThrows(() => world.records.read(file), CniError);
    assertEquals([error.code, error.message.includes(path)], [6, true]);
  }
});

Deno.test("a damaged record is kept under a name of its own, however often", () => {
  using world = new SandboxWorld();
  const path = `${world.dir}/p1~c1~eth0.attached`;
  for (const text of ["first", "second"]) {
    Deno.writeTextFileSync(path, text);
    const [file] = world.records.find(KEY);
    assert(file);
    assertEquals(Deno.readTextFileSync(world.records.keepDamaged(file)), text);
    Deno.removeSync(path);
  }
  assertEquals(world.files(), ["p1~c1~eth0.attached.2.damaged", "p1~c1~eth0.attached.damaged"]);
  assertEquals(world.records.list(), []);
});

Deno.test("files that are no records are passed over", () => {
  using world = new SandboxWorld();
  for (
    const name of ["README", "a~b.attached", "p~c~eth0.attached.new", "p~c~eth0.attached.damaged", "p~c~eth0.other"]
  ) {
    Deno.writeTextFileSync(`${world.dir}/${name}`, "x");
  }
  assertEquals(world.records.list(), []);
});

Deno.test("a directory that cannot be made is an I/O error", async () => {
  const file = await Deno.makeTempFile({ prefix: "danm-records-" });
  try {
    assertEquals(
      assertThrows(() => new RecordStore(`${file}/x`, { clock: () => 0, schema: AllocationRecord }), CniError).code,
      5,
    );
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("locks without a record, and unfinished records, are removed when nobody works on them", async () => {
  using world = new SandboxWorld();
  const { records, dir } = world;
  const signal = AbortSignal.timeout(5000);
  const lockOf = async (containerID: string, bury: boolean): Promise<void> => {
    using lock = await records.lock({ containerID, ifname: "eth0" }, signal);
    if (bury) lock.bury();
  };
  await lockOf("buried", true);
  await lockOf("failed", false);
  await lockOf("live", false);
  records.write(sandboxRecord({ containerID: "live" }));
  using _busy = await records.lock({ containerID: "busy", ifname: "eth0" }, signal);
  for (const containerID of ["dead", "busy"]) Deno.writeTextFileSync(`${dir}/p~${containerID}~eth0.attaching.new`, "{");

  records.removeTombstones();
  const kept = ["locks/busy~eth0", "locks/live~eth0", "p1~live~eth0.attached", "p~busy~eth0.attaching.new"];
  assertEquals(world.files(), ["locks/buried~eth0", ...kept]);
  world.now += 301;
  records.removeTombstones();
  assertEquals(world.files(), kept);
});

Deno.test("who has locked a sandbox removes what a process that was killed left of its record", async () => {
  using world = new SandboxWorld();
  const { records, dir } = world;
  const [own, other] = ["own", "other"].map((containerID) => ({ containerID, ifname: "eth0" }));
  using _own = await records.lock(own!, AbortSignal.timeout(5000));
  using _other = await records.lock(other!, AbortSignal.timeout(5000));
  for (const id of ["own", "other"]) Deno.writeTextFileSync(`${dir}/p~${id}~eth0.attaching.new`, "{");
  records.removeTombstones(own);
  assertEquals(world.files(), ["locks/other~eth0", "locks/own~eth0", "p~other~eth0.attaching.new"]);
});

Deno.test("one command of many looks at some of the locks only, and all commands at all of them", async () => {
  using world = new SandboxWorld();
  const { records } = world;
  const ids = Array.from({ length: 40 }, (_, index) => `c${String(index).padStart(2, "0")}`);
  for (const containerID of ids) {
    using lock = await records.lock({ containerID, ifname: "eth0" }, AbortSignal.timeout(5000));
    lock.bury();
  }
  world.now += 301;
  records.removeTombstones({ containerID: "c30", ifname: "eth0" });
  // c31 to c39, and from the first on.
  const left = ids.filter((id) => id > "c06" && id < "c31").map((id) => `locks/${id}~eth0`);
  assertEquals(world.files(), left);
  records.removeTombstones({ containerID: "c00", ifname: "eth0" });
  assertEquals(world.files(), left.slice(16));
});
