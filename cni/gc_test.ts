import { assertEquals, assertRejects } from "@std/assert";
import type { Attachment } from "../shared/cni/plugin.ts";
import { messageOf } from "../shared/errors.ts";
import { CommandError, type Run } from "../shared/host/run.ts";
import { sandboxRecord, SandboxWorld } from "../tests/support/cni/sandbox_world.ts";
import { gc } from "./gc.ts";
import type { DelegateCall, SandboxRecord } from "./record.ts";

const SIGNAL = new AbortController().signal;

/** A node with a delegate of the type `leases`, which notes what it is called with. */
class GcWorld extends SandboxWorld {
  /** Command, container id, interface. */
  readonly calls: string[] = [];
  readonly valid: unknown[] = [];
  /** Container id whose DEL fails, or `GC`. */
  failing = "";
  readonly #bin = `${this.dir}/bin`;

  constructor() {
    super();
    Deno.mkdirSync(this.#bin);
    Deno.writeTextFileSync(`${this.#bin}/leases`, "");
  }

  readonly #run: Run = (argv, options) => {
    const { CNI_COMMAND: command = "", CNI_CONTAINERID: id = "", CNI_IFNAME: ifname } = options?.env ?? {};
    if (argv[0] !== `${this.#bin}/leases`) return Promise.resolve("");
    if (command === "GC") this.valid.push(JSON.parse(options?.stdin ?? "")["cni.dev/valid-attachments"]);
    this.calls.push([command, id, ...(command === "GC" ? [] : [ifname])].filter((word) => word !== "").join(" "));
    const fails = this.failing === (command === "GC" ? "GC" : id);
    const stdout = '{"code":5,"msg":"disk is full"}';
    return fails ? Promise.reject(new CommandError(argv, { code: 1, stdout, stderr: "" })) : Promise.resolve("");
  };

  write(containerID: string, changes: Partial<SandboxRecord> = {}): void {
    const pod = { namespace: "default", name: containerID, uid: `uid-${containerID}` };
    const record = { containerID, netns: "/none/a", path: [this.#bin], pod, delegates: [this.lease("net1")] };
    this.records.write(sandboxRecord({ ...record, ...changes }));
  }

  lease(ifname: string, conf: object = {}): DelegateCall {
    const plugin = { type: "leases", conf: { cniVersion: "1.1.0", name: "shared", type: "leases", ...conf } };
    return { interface: ifname, plugins: [plugin] };
  }

  async gc(valid: readonly string[] | undefined): Promise<void> {
    const validAttachments = valid?.map((containerID): Attachment => ({ containerID, ifname: "eth0" }));
    const request = {
      cniVersion: "1.1.0",
      networkName: "danm",
      validAttachments,
      path: [this.#bin],
      conf: {},
    } as const;
    await gc({ ...request, signal: SIGNAL }, this.deps({ run: this.#run }));
  }

  /** Container ids and states of the records that are left. */
  get left(): string[] {
    return this.records.list().map(({ containerID, state }) => `${containerID} ${state}`).sort();
  }
}

Deno.test("GC detaches what is not valid, and its delegates are told what of others must stay", async () => {
  using world = new GcWorld();
  world.write("lives", { delegates: [world.lease("net1"), world.lease("net2")] });
  world.write("dead");
  world.write("dead-while-attaching", { state: "attaching", delegates: [world.lease("net7")] });
  world.write("young", { state: "attaching", startedAt: 990, delegates: [world.lease("net3")] });
  world.write("of-another", { networkName: "other", delegates: [world.lease("net4")] });
  world.write("doubtful", { state: "doubtful", delegates: [] });
  await world.gc(["lives"]);
  assertEquals(world.left, ["doubtful doubtful", "lives attached", "of-another attached", "young attaching"]);
  assertEquals(world.calls.sort(), ["DEL dead net1", "DEL dead-while-attaching net7", "GC"]);
  const stays = (world.valid[0] as Attachment[]).map(({ containerID, ifname }) => `${containerID} ${ifname}`);
  assertEquals(stays.sort(), ["lives eth0", "lives net1", "lives net2", "of-another net4", "young net3"]);
});

Deno.test("each configuration of a delegate gets one GC; versions and lists without GC get none", async () => {
  using world = new GcWorld();
  world.write("a", { delegates: [world.lease("net1"), world.lease("net2", { name: "second" })] });
  world.write("b", { delegates: [world.lease("net1"), world.lease("net2", { cniVersion: "1.0.0", name: "old" })] });
  const [plugin] = world.lease("net1", { name: "skipped" }).plugins;
  world.write("c", { delegates: [{ interface: "net1", plugins: plugin ? [{ ...plugin, skips: ["GC"] }] : [] }] });
  await world.gc(["a", "b", "c"]);
  assertEquals([world.calls, world.left.length], [["GC", "GC"], 3]);
});

Deno.test("GC without a list of what is valid does nothing; with an empty one it frees everything", async () => {
  using world = new GcWorld();
  world.write("a");
  await world.gc(undefined);
  assertEquals([world.left, world.calls], [["a attached"], []]);
  await world.gc([]);
  assertEquals([world.left, world.calls], [[], ["DEL a net1", "GC"]]);
});

Deno.test("a delegate that fails keeps nobody else from being collected, and is named", async (t) => {
  for (const failing of ["b", "GC"]) {
    await t.step(failing, async () => {
      using world = new GcWorld();
      for (const name of ["a", "b", "c"]) world.write(name);
      world.failing = failing;
      const error = await assertRejects(() => world.gc([]), AggregateError);
      const named = failing === "GC" ? /net1: GC of delegate leases failed: code 5/ : /~b~eth0.*net1: DEL of delegate/;
      assertEquals([named.test(messageOf(error)), world.calls.length], [true, 4], messageOf(error));
      assertEquals(world.left.map((one) => one.split(" ")[0]), failing === "GC" ? [] : ["b"]);
      world.failing = "";
      await world.gc([]);
      assertEquals(world.left, []);
    });
  }
});

Deno.test("while a record is damaged, delegates are not told to free what nobody knows of", async () => {
  using world = new GcWorld();
  world.write("dead");
  world.write("lives");
  Deno.writeTextFileSync(`${world.dir}/uid-hurt~hurt~eth0.attached`, "");
  await world.gc(["lives", "hurt"]);
  assertEquals([world.calls, world.left], [["DEL dead net1"], ["hurt attached", "lives attached"]]);
  assertEquals(world.logged.filter((line) => line.includes("left out")).length, 1);
  // What is made again of it knows no delegates either.
  world.write("hurt", { networkName: "", delegates: [] });
  await world.gc(["lives", "hurt"]);
  assertEquals(world.calls, ["DEL dead net1"]);
});

Deno.test("a sandbox that another process works on stays, and so does what its delegates have", async () => {
  using world = new GcWorld();
  world.write("busy", { state: "detaching" });
  world.write("dead");
  {
    using _lock = world.records.tryLock({ containerID: "busy", ifname: "eth0" });
    await world.gc([]);
  }
  assertEquals([world.left, world.calls], [["busy detaching"], ["DEL dead net1", "GC"]]);
  assertEquals(world.valid, [[{ containerID: "busy", ifname: "net1" }]]);
});
